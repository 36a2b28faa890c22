/** Open incidents in the words of the business. */
import { Link } from "react-router";
import type { Incident } from "../../api/types";
import { sum } from "../../lib/money";
import { inBusinessWords } from "../../lib/words";
import { For } from "../../ui/age";
import { SeverityBadge, StatusBadge } from "../../ui/badge";
import { GlyphIcon, StateIcon } from "../../ui/icons";
import { Empty, Tile } from "../../ui/tile";

export function IncidentsTile({ incidents }: { incidents: readonly Incident[] }) {
  return (
    <Tile title="Incidents" className="incidents">
      {incidents.length === 0 ? (
        <Empty>No incident is open.</Empty>
      ) : (
        <ul className="rows">
          {incidents.map((it) => (
            <Row key={it.id} incident={it} />
          ))}
        </ul>
      )}
    </Tile>
  );
}

function Row({ incident: it }: { incident: Incident }) {
  const risk = sum(it.impact.revenue_at_risk);
  const lost = sum(it.impact.revenue_lost);
  const customers = it.impact.customers_affected;
  const acknowledged = it.response.acknowledged;
  return (
    <li className="row">
      <span className={`row-icon tone-${it.worst === "major_outage" ? "worst" : "bad"}`}>
        <StateIcon state={it.worst} size={20} />
      </span>
      <div className="row-main">
        <Link className="row-title" to={`/ui/incidents/${encodeURIComponent(it.id)}`}>
          {inBusinessWords(it)}
        </Link>
        <span className="facts">
          <SeverityBadge severity={it.severity} />
          <StatusBadge status={it.status} />
          <span>
            for <For since={it.fault_at} />
          </span>
          {acknowledged ? (
            <span>
              <GlyphIcon name="person" size={14} /> {acknowledged.by} works on it
            </span>
          ) : (
            <span className="soft">nobody has taken it yet</span>
          )}
        </span>
        <span className="facts soft">
          {risk && <span className="number">{risk} at risk</span>}
          {lost && <span className="number">{lost} lost so far</span>}
          {customers.count > 0 && (
            <span className="number">
              {customers.estimated && "about "}
              {customers.count} {customers.count === 1 ? "customer" : "customers"} met failures
            </span>
          )}
        </span>
      </div>
    </li>
  );
}
