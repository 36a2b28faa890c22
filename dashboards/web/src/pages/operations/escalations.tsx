/** Who is told next of what is open, and what an acknowledgement stopped. */
import { Link } from "react-router";
import type { Escalation, Snapshot } from "../../api/types";
import { Steps, next } from "../../ui/escalation";
import { Empty, Tile } from "../../ui/tile";

/** The one whose step comes next first; those that are stopped last. */
const soonest = (one: Escalation, other: Escalation): number =>
  (next(one)?.at ?? "~").localeCompare(next(other)?.at ?? "~");

export function PendingTile({ snapshot }: { snapshot: Snapshot }) {
  const titles = new Map(snapshot.incidents.map((it) => [it.id, it.title]));
  const pending = snapshot.escalations
    .map((it) => ({ ...it, steps: it.steps.filter((step) => step.state !== "over") }))
    .filter((it) => it.steps.length > 0)
    .sort(soonest);
  return (
    <Tile title="On-call steps pending" className="pending">
      {pending.length === 0 && <Empty>No step is to come.</Empty>}
      {pending.map((it) => (
        <section key={it.id} aria-label={titles.get(it.id) ?? it.id}>
          <Link className="row-title" to={`/ui/incidents/${encodeURIComponent(it.id)}`}>
            {titles.get(it.id) ?? it.id}
          </Link>
          <Steps steps={it.steps} />
        </section>
      ))}
    </Tile>
  );
}
