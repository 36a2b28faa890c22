/** The words of the API in the words of people. */
import type {
  Component,
  ComponentState,
  Criticality,
  Incident,
  IncidentStatus,
  Severity,
  Snapshot,
  StreamState,
} from "../api/types";

/** Tones have a colour, and always a shape or a word beside it. */
export type Tone = "good" | "calm" | "warn" | "bad" | "worst" | "none";

interface Word {
  label: string;
  tone: Tone;
}

export const STATES: Record<ComponentState, Word> = {
  operational: { label: "Operational", tone: "good" },
  under_maintenance: { label: "Maintenance", tone: "calm" },
  unknown: { label: "Unknown", tone: "none" },
  degraded_performance: { label: "Degraded", tone: "warn" },
  partial_outage: { label: "Partial outage", tone: "bad" },
  major_outage: { label: "Major outage", tone: "worst" },
};

/** From best to worst, as the collector orders them. */
export const STATE_ORDER: readonly ComponentState[] = [
  "operational",
  "under_maintenance",
  "unknown",
  "degraded_performance",
  "partial_outage",
  "major_outage",
];

export const SEVERITIES: Record<Severity, Word> = {
  low: { label: "Low", tone: "none" },
  medium: { label: "Medium", tone: "warn" },
  high: { label: "High", tone: "bad" },
  critical: { label: "Critical", tone: "worst" },
  emergency: { label: "Emergency", tone: "worst" },
};

export const SEVERITY_ORDER: readonly Severity[] = ["low", "medium", "high", "critical", "emergency"];

export const CRITICALITIES: Record<Criticality, string> = {
  low: "Low",
  medium: "Medium",
  high: "High",
  critical: "Critical",
};

export const STATUSES: Record<IncidentStatus, Word> = {
  investigating: { label: "Investigating", tone: "worst" },
  identified: { label: "Cause known", tone: "bad" },
  monitoring: { label: "Recovering", tone: "calm" },
  resolved: { label: "Resolved", tone: "good" },
};

export const STREAMS: Record<StreamState, Word> = {
  healthy: { label: "Healthy", tone: "good" },
  retrying: { label: "Retrying", tone: "warn" },
  refusing: { label: "Refusing", tone: "bad" },
  paused: { label: "Key refused", tone: "worst" },
};

/** Orders states, the worse ones last. */
export const rank = (state: ComponentState): number => STATE_ORDER.indexOf(state);

/** Returns components, the worst first. */
export const worstFirst = (components: readonly Component[]): Component[] =>
  [...components].sort((one, other) => rank(other.effective) - rank(one.effective));

/** Says whether a state is worse than what is well or planned. */
export const isUnwell = (state: ComponentState): boolean => rank(state) >= rank("degraded_performance");

/** Returns the worst effective state there is. */
export function worst(snapshot: Snapshot): ComponentState {
  const states = snapshot.components.map((it) => it.effective);
  return states.reduce<ComponentState>((one, it) => (rank(it) > rank(one) ? it : one), states[0] ?? "unknown");
}

/** Says in a sentence what an incident means for whoever uses the product. */
export function inBusinessWords(it: Incident): string {
  const what = it.component_name;
  if (it.status === "resolved") return `${what} works again.`;
  if (it.status === "monitoring") return `${what} is coming back; it is being watched.`;
  switch (it.worst) {
    case "major_outage":
      return `${what} does not work.`;
    case "partial_outage":
      return `A part of ${what} does not work.`;
    case "degraded_performance":
      return `${what} works, but slowly or not always.`;
    default:
      return `Nobody can say how ${what} is.`;
  }
}

/** Joins names as a sentence does. */
export function list(names: readonly string[], most = 4): string {
  const shown = names.slice(0, most);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(", ")} and ${rest} more`;
  const last = shown.pop();
  return shown.length > 0 ? `${shown.join(", ")} and ${last ?? ""}` : (last ?? "");
}

/** Counts in words: `1 incident`, `2 incidents`. */
export const count = (many: number, one: string, more = `${one}s`): string => `${many} ${many === 1 ? one : more}`;
