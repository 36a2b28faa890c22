/** States and severities as shape, word and colour together. */
import type { ReactNode } from "react";
import type { ComponentState, IncidentStatus, Severity } from "../api/types";
import { SEVERITIES, SEVERITY_ORDER, STATES, STATUSES, type Tone } from "../lib/words";
import { StateIcon } from "./icons";

export function StateBadge({ state }: { state: ComponentState }) {
  const { label, tone } = STATES[state];
  return (
    <span className={`state tone-${tone}`}>
      <StateIcon state={state} />
      <span className="label">{label}</span>
    </span>
  );
}

/** Says how loud an incident is: as many bars as the word is loud. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  const { label, tone } = SEVERITIES[severity];
  const level = SEVERITY_ORDER.indexOf(severity) + 1;
  return (
    <span className={`severity tone-${tone}`}>
      <svg className="icon" width="16" height="12" viewBox="0 0 16 12" aria-hidden="true">
        {SEVERITY_ORDER.map((it, at) => (
          <rect
            key={it}
            x={at * 3.200}
            y={10 - 2 * at}
            width="2.200"
            height={2 + 2 * at}
            rx=".6"
            fill="currentColor"
            opacity={at < level ? 1 : 0.220}
          />
        ))}
      </svg>
      <span className="label">{label}</span>
    </span>
  );
}

export function StatusBadge({ status }: { status: IncidentStatus }) {
  const { label, tone } = STATUSES[status];
  return <Chip tone={tone}>{label}</Chip>;
}

export function Chip({ tone = "none", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`chip tone-${tone}`}>{children}</span>;
}
