/** How healthy the product is: a score, and how many components are in which state. */
import type { Component, Snapshot } from "../../api/types";
import { score } from "../../lib/numbers";
import { STATE_ORDER, STATES } from "../../lib/words";
import { StateIcon } from "../../ui/icons";
import { MONTH, useSince } from "../../ui/range";
import { Tile } from "../../ui/tile";

export function HealthTile({ snapshot }: { snapshot: Snapshot }) {
  const now = snapshot.health_score;
  return (
    <Tile
      title="Health score"
      className="health"
      definition={
        <>
          From 0 to 100: each component counts 1 when operational, 0.7 degraded, 0.5 unknown, 0.3 in part out and 0 when
          out, weighted 8, 4, 2, 1 by how critical it is. What is under maintenance is left out.
        </>
      }
    >
      <p className="figure">
        {now == null ? <span className="money none">No score</span> : <>{score(now)} <small>of 100</small></>}
      </p>
      <StateBar components={snapshot.components} />
      <Trend />
    </Tile>
  );
}

/** The average of the last 30 days against that of the 30 before. */
function Trend() {
  const { data } = useSince("/api/v1/health-score", MONTH, { points: 2 });
  if (data?.average == null) return <p className="soft">{data ? "No score was kept in the last 30 days." : "\u00a0"}</p>;
  return (
    <p className="soft">
      {score(data.average)} on average in 30 days{data.before != null && <>; {score(data.before)} in the 30 before</>}
    </p>
  );
}

/** Shows states by share, and says them in words. */
function StateBar({ components }: { components: readonly Component[] }) {
  const groups = [...STATE_ORDER]
    .reverse()
    .map((state) => ({ state, many: components.filter((it) => it.effective === state).length }))
    .filter((it) => it.many > 0);
  if (groups.length === 0) return <p className="soft">The catalog names no component.</p>;
  return (
    <>
      <svg className="state-bar" viewBox={`0 0 ${components.length} 1`} preserveAspectRatio="none" aria-hidden="true">
        {groups.map(({ state, many }, at) => (
          <rect
            key={state}
            className={`fill-${STATES[state].tone}`}
            x={groups.slice(0, at).reduce((sum, it) => sum + it.many, 0)}
            width={many}
            height="1"
          />
        ))}
      </svg>
      <ul className="legend">
        {groups.map(({ state, many }) => (
          <li key={state} className={`tone-${STATES[state].tone}`}>
            <StateIcon state={state} size={14} />
            <span className="label">
              <span className="number">{many}</span> {STATES[state].label.toLowerCase()}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
