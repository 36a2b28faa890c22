/** What happened and what people wrote, in order. */
import type { ReactNode } from "react";
import type { Incident } from "../../api/types";
import { Moment } from "../../ui/age";
import { GlyphIcon } from "../../ui/icons";
import { Empty, Tile } from "../../ui/tile";

interface Line {
  at: string;
  text: string;
  by?: string;
}

/** Puts notes among what happened, the newest first. What the timeline says of a note is said by the note. */
function story(incident: Incident): Line[] {
  const notes: Line[] = incident.response.notes;
  const noted = new Set(notes.map((it) => it.at));
  const entries = incident.timeline.filter((it) => !(noted.has(it.at) && it.text.includes("note")));
  return [...notes, ...entries].sort((one, other) => other.at.localeCompare(one.at));
}

export function StoryTile({ incident, freshness }: { incident: Incident; freshness: ReactNode }) {
  const lines = story(incident);
  return (
    <Tile title="What happened" className="story" freshness={freshness}>
      {lines.length === 0 && <Empty glyph="clock">Nothing yet.</Empty>}
      <ol className="timeline" reversed>
        {lines.map((it, at) => (
          <li key={`${it.at} ${at}`} className={it.by ? "note" : ""}>
            <Moment at={it.at} />
            <div>
              {it.by && (
                <strong className="by">
                  <GlyphIcon name="note" size={14} /> {it.by}
                </strong>
              )}
              <p>{it.text}</p>
            </div>
          </li>
        ))}
      </ol>
    </Tile>
  );
}
