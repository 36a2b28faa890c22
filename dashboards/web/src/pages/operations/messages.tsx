/** What was sent to whom, and what the public status page says now. */
import { useAnswer } from "../../api/queries";
import type { Destination, Notification, Snapshot } from "../../api/types";
import type { Tone } from "../../lib/words";
import { Ago } from "../../ui/age";
import { Chip, StateBadge } from "../../ui/badge";
import { QueryTile } from "../../ui/query-tile";
import { Empty, Tile } from "../../ui/tile";

const STATES: Record<string, { label: string; tone: Tone }> = {
  waiting: { label: "Waiting", tone: "warn" },
  delivered: { label: "Delivered", tone: "good" },
  refused: { label: "Refused", tone: "worst" },
  superseded: { label: "Superseded", tone: "none" },
  withdrawn: { label: "Withdrawn", tone: "none" },
};

function Sent({ state }: { state: string }) {
  const { label, tone } = STATES[state] ?? { label: state, tone: "none" };
  return <Chip tone={tone}>{label}</Chip>;
}

/** Says whether a message is about an incident, or about what was deployed beside it. */
export const forPeople = (it: Notification) => it.incident != null || it.deployment != null;

/** Messages about incidents and deployments, and what became of them. */
export function Messages({ notifications }: { notifications: readonly Notification[] }) {
  if (notifications.length === 0) return <Empty glyph="clock">No message was written yet.</Empty>;
  return (
    <ul className="rows tight">
      {notifications.map((it) => (
        <li key={it.number} className="row">
          <span className="row-main">
            <span className="facts">
              <code>{it.destination}</code>
              {it.recipients.length > 0 && <span className="soft">{it.recipients.join(", ")}</span>}
              <span>{it.deployment ? it.deployment.text : `${it.component} ${it.change ?? ""}`}</span>
            </span>
            {it.why && <span className="soft small">{it.why}</span>}
          </span>
          <span className="soft since">
            <Ago at={it.at} />
          </span>
          <Sent state={it.state} />
        </li>
      ))}
    </ul>
  );
}

/** Returns the newest message to a status page about each component, where it is not replaced by another. */
function newestOf(notifications: readonly Notification[]): Map<string, Notification> {
  const newest = new Map<string, Notification>();
  for (const it of notifications) {
    const tells = it.component_state != null && it.state !== "superseded";
    if (tells && !newest.has(it.component)) newest.set(it.component, it);
  }
  return newest;
}

/** What each status page says now. */
export function StatuspageTiles({ snapshot, also }: { snapshot: Snapshot; also: string }) {
  const pages = snapshot.destinations.filter((it) => it.kind === "statuspage");
  if (pages.length === 0) {
    return (
      <Tile title="Public status page">
        <Empty glyph="note">No status page is configured.</Empty>
      </Tile>
    );
  }
  const name = (page: Destination) => (pages.length === 1 ? "Public status page" : `Public status page ${page.name}`);
  return pages.map((it) => <StatuspageTile key={it.name} title={name(it)} page={it} snapshot={snapshot} also={also} />);
}

interface Props {
  title: string;
  page: Destination;
  snapshot: Snapshot;
  /** It is asked again when this changes. */
  also: string;
}

function StatuspageTile({ title, page, snapshot, also }: Props) {
  const query = useAnswer("/api/v1/notifications", { destination: page.name, limit: 1_000 }, also);
  return (
    <QueryTile title={title} query={query}>
      {({ notifications }) => {
        const newest = newestOf(notifications);
        return (
          <ul className="rows tight" aria-label={page.name}>
            {snapshot.components.map((it) => (
              <Said key={it.id} name={it.name} told={newest.get(it.id)} />
            ))}
          </ul>
        );
      }}
    </QueryTile>
  );
}

function Said({ name, told }: { name: string; told: Notification | undefined }) {
  return (
    <li className="row">
      <span className="row-main">{name}</span>
      {told?.component_state ? (
        <>
          <span className="soft since">
            <Ago at={told.at} />
          </span>
          {told.state !== "delivered" && <Sent state={told.state} />}
          <StateBadge state={told.component_state} />
        </>
      ) : (
        <span className="soft">told nothing yet</span>
      )}
    </li>
  );
}
