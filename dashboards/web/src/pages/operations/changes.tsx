/** Changes of state, the newest first. */
import type { Snapshot, Transition } from "../../api/types";
import { Moment } from "../../ui/age";
import { StateBadge } from "../../ui/badge";
import { GlyphIcon } from "../../ui/icons";
import { Empty } from "../../ui/tile";

export function Changes({ transitions, snapshot }: { transitions: readonly Transition[]; snapshot: Snapshot }) {
  const names = new Map(snapshot.components.map((it) => [it.id, it.name]));
  if (transitions.length === 0) return <Empty glyph="clock">No state has changed yet.</Empty>;
  return (
    <ol className="timeline" reversed>
      {transitions.map((it, at) => (
        <li key={`${it.at} ${at}`}>
          <Moment at={it.at} />
          <div>
            <p className="facts">
              <strong>{names.get(it.component) ?? it.component}</strong>
              <span className="pair">
                <StateBadge state={it.effective_before} />
                <GlyphIcon name="chevron" size={12} />
                <span className="hidden">became</span>
                <StateBadge state={it.effective} />
              </span>
            </p>
            {it.reasons[0] && <p className="soft small">{it.reasons[0].text}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}
