/** Which level of health a rule asks about, by what it goes by. */
import type { Component } from "../../api/types";

export const LEVELS = [
  { level: "basic", name: "Basic", asks: "Is it up, are its dependencies connected?" },
  { level: "endpoint", name: "Endpoints", asks: "Do the endpoints answer correctly?" },
  { level: "business", name: "Business", asks: "Can customers do what they pay for?" },
  { level: "integration", name: "Integration", asks: "Do third parties work?" },
] as const;

type Level = (typeof LEVELS)[number]["level"];

const BY_REASON: Record<string, Level> = {
  startup_aborted: "basic",
  startup_silent: "basic",
  startup_degraded: "basic",
  restarts_in_a_loop: "basic",
  instance_gone: "basic",
  monitor_failing: "basic",
  data_missing: "basic",
  routes_gone: "endpoint",
  declared_route_missing: "endpoint",
  route_not_answering: "endpoint",
  beyond_limit: "endpoint",
  absent: "endpoint",
  budget_burning: "endpoint",
  child_missing: "integration",
  errors_hidden: "endpoint",
  journey_failing: "business",
  condition_holds: "business",
};

/** Returns the level of what was found. */
const levelOf = (kind: string): Level | undefined => BY_REASON[kind];

/** Returns what is wrong with a component at a level, in sentences. */
export function found(component: Component, level: Level): string[] {
  return component.reasons.filter((it) => levelOf(it.kind) === level).map((it) => it.text);
}
