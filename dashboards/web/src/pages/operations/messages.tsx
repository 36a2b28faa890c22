/** What was sent to whom, and what the public status page says now. */
import type { Notification, Snapshot } from "../../api/types";
import type { Tone } from "../../lib/words";
import { Ago } from "../../ui/age";
import { Chip, StateBadge } from "../../ui/badge";
import { Empty } from "../../ui/tile";

const STATES: Record<string, { label: string; tone: Tone }> = {
  waiting: { label: "Waiting", tone: "warn" },
  delivered: { label: "Delivered", tone: "good" },
  refused: { label: "Refused", tone: "worst" },
  superseded: { label: "Superseded", tone: "none" },
};

function Sent({ state }: { state: string }) {
  const { label, tone } = STATES[state] ?? { label: state, tone: "none" };
  return <Chip tone={tone}>{label}</Chip>;
}

/** Messages about incidents, and what became of them. */
export function Messages({ notifications }: { notifications: readonly Notification[] }) {
  if (notifications.length === 0) return <Empty glyph="clock">No message was written yet.</Empty>;
  return (
    <ul className="rows tight">
      {notifications.map((it) => (
        <li key={it.number} className="row">
          <span className="row-main">
            <span className="facts">
              <code>{it.destination}</code>
              <span>
                {it.component} {it.change}
              </span>
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

/** What the newest message to each status page made it say, by component. */
function statuspages(notifications: readonly Notification[], snapshot: Snapshot) {
  const pages = snapshot.destinations.filter((it) => it.kind === "statuspage");
  return pages.map((page) => {
    const newest = new Map<string, Notification>();
    for (const it of notifications) {
      const tells = it.destination === page.name && it.component_state != null;
      if (tells && it.state !== "superseded" && !newest.has(it.component)) newest.set(it.component, it);
    }
    return { page, newest };
  });
}

export function Statuspages({ notifications, snapshot }: { notifications: readonly Notification[]; snapshot: Snapshot }) {
  const pages = statuspages(notifications, snapshot);
  if (pages.length === 0) return <Empty glyph="note">No status page is configured.</Empty>;
  return pages.map(({ page, newest }) => (
    <ul key={page.name} className="rows tight" aria-label={page.name}>
      {snapshot.components.map((component) => {
        const told = newest.get(component.id);
        return (
          <li key={component.id} className="row">
            <span className="row-main">{component.name}</span>
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
      })}
    </ul>
  ));
}
