/** Every component with its state, the worst first. */
import type { Component } from "../../api/types";
import { worstFirst } from "../../lib/words";
import { ComponentRows } from "../../ui/component-rows";
import { Empty, Tile } from "../../ui/tile";

/** More than these are well are not worth a line each. */
const MOST = 12;

export function ComponentsTile({ components }: { components: readonly Component[] }) {
  const sorted = worstFirst(components);
  return (
    <Tile title="Components" className="components">
      {components.length === 0 && <Empty glyph="note">The catalog names no component.</Empty>}
      <ComponentRows components={sorted.slice(0, MOST)} />
      {sorted.length > MOST && (
        <p className="soft more">and {sorted.length - MOST} more, none of them worse</p>
      )}
    </Tile>
  );
}
