/** Who is told next, and what people can do not to wait for it. */
import type { Escalation, EscalationStep, Incident, Snapshot } from "../../api/types";
import { useSnapshot } from "../../live/store";
import { Act, Field, text } from "../../ui/act";
import { Steps, next, stepName, told } from "../../ui/escalation";
import { Empty, Tile } from "../../ui/tile";
import { Reason } from "./reason";

const escalationOf = (snapshot: Snapshot, incident: Incident): Escalation | undefined =>
  snapshot.escalations.find((it) => it.id === incident.id);

/** Is there whether or not there are steps: what stands below it would move when an incident ends. */
export function EscalationTile({ incident, snapshot }: { incident: Incident; snapshot: Snapshot }) {
  const escalation = escalationOf(snapshot, incident);
  const isOver = incident.status === "resolved";
  return (
    <Tile
      title="Who is told next"
      className="escalation"
      definition="Steps are taken at their time as long as nobody acknowledges the incident. Where an acknowledgement ends without another one, the next step is taken."
    >
      {escalation ? (
        <Steps steps={escalation.steps} />
      ) : (
        <Empty glyph={isOver ? "check" : "note"}>{isOver ? "It is over: no step is to come." : "No route escalates it."}</Empty>
      )}
    </Tile>
  );
}

/** Takes a step now. */
export function Escalate({ incident, small }: { incident: Incident; small: boolean }) {
  const escalation = escalationOf(useSnapshot(), incident);
  if (!escalation) return null;
  return (
    <Act
      label="Escalate"
      glyph="up"
      path={`/api/v1/incidents/${encodeURIComponent(incident.id)}/escalate`}
      body={(fields) => ({ reason: text(fields, "reason"), ...chosen(escalation, text(fields, "step")) })}
      hint="Tells whoever comes next now. Whoever acknowledged the incident is asked again."
      small={small}
    >
      <Field label="Which step">
        {(id) => (
          <select id={id} name="step" defaultValue="">
            <option value="">{following(escalation)}</option>
            {escalation.steps.map((it, at) => (
              <option key={stepName(it)} value={at}>
                {`${stepName(it)}: ${told(it)}${it.state === "over" ? " (over)" : ""}`}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Reason />
    </Act>
  );
}

/** Names what is taken where no step is chosen. */
function following(escalation: Escalation): string {
  const step = next(escalation) ?? escalation.steps.find((it) => it.state !== "over");
  return step ? `The next one: ${told(step)}` : "The next one";
}

function chosen(escalation: Escalation, at: string | undefined): Partial<Pick<EscalationStep, "policy" | "step">> {
  const step = at === undefined ? undefined : escalation.steps[Number(at)];
  return step ? { policy: step.policy, step: step.step } : {};
}
