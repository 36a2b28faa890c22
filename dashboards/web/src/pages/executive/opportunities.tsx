/** What hangs on what is broken: opportunities, and whose they are. */
import { Link } from "react-router";
import type { Snapshot } from "../../api/types";
import { byAmount, money } from "../../lib/money";
import { StateBadge } from "../../ui/badge";
import { Empty, Tile } from "../../ui/tile";

export function OpportunitiesTile({ snapshot }: { snapshot: Snapshot }) {
  const { opportunities } = snapshot.impact;
  const components = new Map(snapshot.components.map((it) => [it.id, it]));
  return (
    <Tile title="Opportunities and customers at risk" className="opportunities">
      {opportunities.length === 0 ? (
        <Empty>No opportunity is at risk.</Empty>
      ) : (
        <ul className="rows">
          {[...opportunities]
            .sort((one, other) => byAmount(one.amount, other.amount))
            .map((it) => (
              <li key={it.id} className="row">
                <div className="row-main">
                  <strong>{it.name}</strong>
                  <Link to={`/ui/customers/${encodeURIComponent(it.customer)}`}>{it.customer_name}</Link>
                  <span className="because">
                    <span className="soft">needs</span>
                    {it.because.map((id) => {
                      const component = components.get(id);
                      return component ? (
                        <span key={id} className="pair">
                          {component.name} <StateBadge state={component.effective} />
                        </span>
                      ) : (
                        <span key={id}>{id}</span>
                      );
                    })}
                  </span>
                </div>
                <strong className="row-amount number">{money(it.amount)}</strong>
              </li>
            ))}
        </ul>
      )}
    </Tile>
  );
}
