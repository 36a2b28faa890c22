/** What the browser keeps for the next visit. Where it keeps nothing (private windows, blocked storage), nothing breaks. */

/** Returns what was kept. */
export function kept(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps something, if that can be. */
export function keep(key: string, value: string) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // it is asked for again the next time
  }
}
