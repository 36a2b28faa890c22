/** What whoever is on duty works in. */
import { useAnswer } from "../../api/queries";
import { useSnapshot } from "../../live/store";
import { GlyphIcon } from "../../ui/icons";
import { PageHead } from "../../ui/page-head";
import { QueryTile } from "../../ui/query-tile";
import { Changes } from "./changes";
import { PendingTile } from "./escalations";
import { OpenTile, Past } from "./incidents";
import { MatrixTile } from "./matrix";
import { forPeople, Messages, StatuspageTiles } from "./messages";
import { QuietTile } from "./silences";

export default function Operations() {
  const snapshot = useSnapshot();
  // what is stored changes with what is open
  const newest = snapshot.incidents.map((it) => `${it.id} ${it.revision}`).join();
  const past = useAnswer("/api/v1/incidents", { limit: 50 }, newest);
  const notifications = useAnswer("/api/v1/notifications", { limit: 200 }, newest);
  const transitions = useAnswer("/api/v1/transitions", { limit: 30 }, newest);
  return (
    <>
      <PageHead title="Operations" />
      {snapshot.collector.warnings.map((it) => (
        <p key={it} className="warning">
          <GlyphIcon name="warning" /> {it}
        </p>
      ))}
      <div className="stack">
        <OpenTile incidents={snapshot.incidents} />
      </div>
      <div className="columns">
        <div>
          <MatrixTile snapshot={snapshot} />
          <QueryTile title="Changes of state" query={transitions} lines={8}>
            {(it) => <Changes transitions={it.transitions} snapshot={snapshot} />}
          </QueryTile>
        </div>
        <div>
          <PendingTile snapshot={snapshot} />
          <QuietTile snapshot={snapshot} />
          <StatuspageTiles snapshot={snapshot} also={newest} />
          <QueryTile title="Resolved incidents" query={past}>
            {(it) => <Past incidents={it.incidents} />}
          </QueryTile>
          <QueryTile title="Messages" query={notifications} lines={6}>
            {(it) => <Messages notifications={it.notifications.filter(forPeople).slice(0, 12)} />}
          </QueryTile>
        </div>
      </div>
    </>
  );
}
