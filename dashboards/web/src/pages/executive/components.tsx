/** Every component with its state, the worst first. */
import type { Component } from "../../api/types";
import { rank } from "../../lib/words";
import { Ago } from "../../ui/age";
import { StateBadge } from "../../ui/badge";
import { Empty, Tile } from "../../ui/tile";

/** More than these are well are not worth a line each. */
const MOST = 12;

export function ComponentsTile({ components }: { components: readonly Component[] }) {
  const sorted = [...components].sort((one, other) => rank(other.effective) - rank(one.effective));
  const shown = sorted.slice(0, MOST);
  return (
    <Tile title="Components" className="components">
      {components.length === 0 && <Empty glyph="note">The catalog names no component.</Empty>}
      <ul className="rows tight">
        {shown.map((it) => (
          <li key={it.id} className="row">
            <span className="row-main">{it.name}</span>
            <span className="soft since">{it.since && <Ago at={it.since} />}</span>
            <StateBadge state={it.effective} />
          </li>
        ))}
      </ul>
      {sorted.length > MOST && (
        <p className="soft more">and {sorted.length - MOST} more, none of them worse</p>
      )}
    </Tile>
  );
}
