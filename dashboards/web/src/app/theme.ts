/** Light or dark: as the system says, unless somebody chose. */
import { useSyncExternalStore } from "react";
import { keep, kept } from "../lib/keep";

export type Theme = "auto" | "light" | "dark";

const KEY = "bellwether.theme";
const listeners = new Set<() => void>();

function isTheme(text: string | undefined): text is Theme {
  return text === "auto" || text === "light" || text === "dark";
}

const current = (): Theme => {
  const { theme } = document.documentElement.dataset;
  return isTheme(theme) ? theme : "auto";
};

export function setTheme(theme: Theme) {
  document.documentElement.dataset.theme = theme;
  keep(KEY, theme);
  for (const listener of listeners) listener();
}

export function restoreTheme() {
  const theme = kept(KEY);
  document.documentElement.dataset.theme = isTheme(theme) ? theme : "auto";
  // what is drawn takes its colours from the style sheet when they change
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const listener of listeners) listener();
  });
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, current);

/** Says whether the page is dark now. */
export const useIsDark = (): boolean =>
  useSyncExternalStore(subscribe, () => {
    const theme = current();
    return theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
  });
