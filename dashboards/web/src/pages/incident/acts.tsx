/** What people can do about an incident. */
import type { Incident, Verdict } from "../../api/types";
import { Act, Duration, Field, text } from "../../ui/act";
import { Escalate } from "./escalation";
import { Reason } from "./reason";

const VERDICTS: readonly { verdict: Verdict; means: string }[] = [
  { verdict: "real", means: "Real: something was wrong" },
  { verdict: "false", means: "False: nothing was wrong" },
  { verdict: "duplicate", means: "Duplicate: another incident tells of it" },
];

export function Acts({ incident, small = false }: { incident: Incident; small?: boolean }) {
  const path = `/api/v1/incidents/${encodeURIComponent(incident.id)}`;
  const isOver = incident.status === "resolved";
  const isTaken = incident.response.acknowledged != null;
  return (
    <div className="acts">
      {!isOver && (
        <>
          <Act
            label={isTaken ? "Acknowledge again" : "Acknowledge"}
            glyph="check"
            path={`${path}/acknowledge`}
            body={(fields) => ({ for: text(fields, "for") })}
            hint="Says that you work on it. Everything that is still to be escalated stops, until that time is over."
            small={small}
            {...(isTaken ? {} : { kind: "primary" })}
          >
            <Duration usual="30m" />
          </Act>
          <Escalate incident={incident} small={small} />
          {!small && (
            <Act
              label="Give to"
              glyph="person"
              path={`${path}/assign`}
              body={(fields) => ({ to: text(fields, "to") })}
              hint="Whoever gets it is its owner; who is told stays as it is."
            >
              <Field label="Who gets it">{(id) => <input id={id} name="to" required maxLength={200} />}</Field>
            </Act>
          )}
          <Act
            label="Silence"
            glyph="mute"
            path="/api/v1/silences"
            body={(fields) => ({ incident: incident.id, reason: text(fields, "reason"), for: text(fields, "for") })}
            hint="Nobody is told of this incident for a while. It is watched as before."
            small={small}
          >
            <Duration usual="" none="Until it is resolved" />
            <Reason />
          </Act>
        </>
      )}
      <Act
        label="Note"
        glyph="note"
        path={`${path}/notes`}
        body={(fields) => ({ text: text(fields, "text") })}
        small={small}
      >
        <Field label="Note">{(id) => <textarea id={id} name="text" required maxLength={10_000} />}</Field>
      </Act>
      {!isOver && (
        <Act
          label="Resolve"
          glyph="flag"
          kind="danger"
          path={`${path}/resolve`}
          body={(fields) => ({ verdict: text(fields, "verdict") ?? null })}
          hint="Ends the incident whatever its signals say. Most end by themselves when what failed works again."
          small={small}
        >
          <VerdictField optional />
        </Act>
      )}
      {isOver && (
        <Act
          label={incident.response.verdict ? "Change the verdict" : "Give a verdict"}
          glyph="flag"
          path={`${path}/verdict`}
          body={(fields) => ({ verdict: text(fields, "verdict") })}
          hint="Says what it turned out to be. A rule whose incidents were false too often is one to mend."
          small={small}
          {...(incident.response.verdict ? {} : { kind: "primary" })}
        >
          <VerdictField />
        </Act>
      )}
    </div>
  );
}

function VerdictField({ optional = false }: { optional?: boolean }) {
  return (
    <Field label="What it was">
      {(id) => (
        <select id={id} name="verdict" defaultValue={optional ? "" : "real"}>
          {optional && <option value="">To be said later</option>}
          {VERDICTS.map(({ verdict, means }) => (
            <option key={verdict} value={verdict}>
              {means}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
