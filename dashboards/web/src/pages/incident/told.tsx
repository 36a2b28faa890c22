/** Who was told, who was not, and why: as it was decided and stored. */
import { useAnswer } from "../../api/queries";
import type { Decision, Incident } from "../../api/types";
import type { Tone } from "../../lib/words";
import { Moment } from "../../ui/age";
import { Chip } from "../../ui/badge";
import { QueryTile } from "../../ui/query-tile";
import { Empty } from "../../ui/tile";
import { Messages } from "../operations/messages";

const OUTCOMES: Record<Decision["outcome"], { label: string; tone: Tone }> = {
  told: { label: "Told", tone: "good" },
  waits: { label: "Waits", tone: "warn" },
  withheld: { label: "Not told", tone: "none" },
  cancelled: { label: "Cancelled", tone: "calm" },
};

/** Messages of one incident, as they stand. */
export function SentTile({ incident }: { incident: Incident }) {
  const query = useAnswer("/api/v1/notifications", { incident: incident.id, limit: 1_000 }, incident.revision);
  return (
    <QueryTile title="Messages" query={query} className="sent">
      {({ notifications }) => <Messages notifications={notifications} />}
    </QueryTile>
  );
}

export function ToldTile({ incident }: { incident: Incident }) {
  const query = useAnswer("/api/v1/incidents/{id}/decisions", { id: incident.id }, incident.revision);
  return (
    <QueryTile title="Who was told, and why" query={query} className="told">
      {({ decisions }) =>
        decisions.length === 0 ? (
          <Empty glyph="note">
            Nothing had to be decided. Status pages, Datadog and New Relic follow every incident by themselves.
          </Empty>
        ) : (
          <ol className="timeline" reversed>
            {[...decisions].reverse().map((it, at) => (
              <li key={`${it.at} ${at}`}>
                <Moment at={it.at} />
                <div>
                  <p className="facts">
                    <Chip tone={OUTCOMES[it.outcome].tone}>{OUTCOMES[it.outcome].label}</Chip>
                    <strong className="code">{it.destination ?? "everybody"}</strong>
                    {it.recipient && <span className="code">{it.recipient}</span>}
                  </p>
                  <p className="soft">{it.why}</p>
                </div>
              </li>
            ))}
          </ol>
        )
      }
    </QueryTile>
  );
}
