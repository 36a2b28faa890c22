/** Components by what is asked of them: what is wrong where. */
import type { Component, Snapshot } from "../../api/types";
import { CRITICALITIES, isUnwell, worstFirst } from "../../lib/words";
import { For } from "../../ui/age";
import { StateBadge } from "../../ui/badge";
import { StateIcon } from "../../ui/icons";
import { Table } from "../../ui/table";
import { Empty, Tile } from "../../ui/tile";
import { found, LEVELS } from "./levels";

const COLUMNS = [
  "Component",
  "State",
  "By its own rules",
  ...LEVELS.map(({ name, asks }) => ({ name, title: asks })),
  "Since",
];

export function MatrixTile({ snapshot }: { snapshot: Snapshot }) {
  const sorted = worstFirst(snapshot.components);
  return (
    <Tile title="Components by level of health" className="matrix">
      {sorted.length === 0 ? (
        <Empty glyph="note">The catalog names no component.</Empty>
      ) : (
        <Table label="Components by level of health" columns={COLUMNS}>
          {sorted.map((it) => (
            <Row key={it.id} component={it} />
          ))}
        </Table>
      )}
    </Tile>
  );
}

function None() {
  return (
    <span className="soft">
      <span aria-hidden="true">–</span>
      <span className="hidden">nothing found</span>
    </span>
  );
}

function Row({ component: it }: { component: Component }) {
  return (
    <tr>
      <th scope="row">
        {it.name} <span className="soft small">{CRITICALITIES[it.criticality].toLowerCase()}</span>
      </th>
      <td>
        <StateBadge state={it.effective} />
      </td>
      <td>{it.own === it.effective ? <None /> : <StateBadge state={it.own} />}</td>
      {LEVELS.map(({ level }) => {
        const wrong = isUnwell(it.own) ? found(it, level) : [];
        return (
          <td key={level}>
            {wrong.length > 0 ? (
              <span className="state tone-worst" title={wrong.join("\n")}>
                <StateIcon state={it.own} />
                <span>{wrong.length} wrong</span>
              </span>
            ) : (
              <None />
            )}
          </td>
        );
      })}
      <td className="number">{it.since && <For since={it.since} />}</td>
    </tr>
  );
}
