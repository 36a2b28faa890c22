/** Open incidents in the words of the business. */
import type { Incident } from "../../api/types";
import { sum } from "../../lib/money";
import { count, inBusinessWords } from "../../lib/words";
import { GlyphIcon } from "../../ui/icons";
import { IncidentRow } from "../../ui/incident-row";
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
  const facts = acknowledged ? (
    <span>
      <GlyphIcon name="person" size={14} /> {acknowledged.by} works on it
    </span>
  ) : (
    <span className="soft">nobody has taken it yet</span>
  );
  return (
    <IncidentRow incident={it} title={inBusinessWords(it)} facts={facts}>
      <span className="facts soft">
        {risk && <span className="number">{risk} at risk</span>}
        {lost && <span className="number">{lost} lost so far</span>}
        {customers.count > 0 && (
          <span className="number">
            {customers.estimated && "about "}
            {count(customers.count, "customer")} met failures
          </span>
        )}
      </span>
    </IncidentRow>
  );
}
