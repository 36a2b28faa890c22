/** The steps of an escalation: whom they tell and when, or what stopped them. */
import type { Escalation, EscalationStep } from "../api/types";
import type { Tone } from "../lib/words";
import { list } from "../lib/words";
import { Left, Moment } from "./age";
import { Chip } from "./badge";

const STATES: Record<EscalationStep["state"], { label: string; tone: Tone }> = {
  over: { label: "Over", tone: "none" },
  pending: { label: "To come", tone: "warn" },
  stopped: { label: "Stopped", tone: "calm" },
};

/** Names a step as people do. */
export const stepName = (it: EscalationStep): string => `Step ${it.step} of ${it.policy}`;

/** Says whom a step tells. */
export const told = (it: EscalationStep): string => (it.to.length === 0 ? "nobody" : list(it.to));

/** Returns the step that is taken next, unless something happens. */
export function next(escalation: Escalation | undefined): EscalationStep | undefined {
  const due = (escalation?.steps ?? []).filter((it) => it.state === "pending" && it.at != null);
  return due.sort((one, other) => (one.at ?? "").localeCompare(other.at ?? ""))[0];
}

export function Steps({ steps }: { steps: readonly EscalationStep[] }) {
  return (
    <ul className="rows tight">
      {steps.map((it) => (
        <li key={stepName(it)} className="row">
          <span className="row-main">
            <span className="facts">
              <span>{stepName(it)}</span>
              <code>{told(it)}</code>
            </span>
            {it.why && (
              <span className="soft small">
                {it.why}
                {it.at && (
                  <>
                    ; goes on at <Moment at={it.at} /> unless that is said again
                  </>
                )}
              </span>
            )}
          </span>
          {it.state === "pending" && it.at && (
            <span className="soft since">
              in <Left until={it.at} />
            </span>
          )}
          <Chip tone={STATES[it.state].tone}>{STATES[it.state].label}</Chip>
        </li>
      ))}
    </ul>
  );
}
