/** What an incident is, what it puts at risk, and who has it. */
import { Link } from "react-router";
import type { ReactNode } from "react";
import { useAnswer } from "../../api/queries";
import type { Incident, Snapshot } from "../../api/types";
import { money } from "../../lib/money";
import { span } from "../../lib/time";
import { useNow } from "../../live/store";
import { For, Moment } from "../../ui/age";
import { StateBadge } from "../../ui/badge";
import { Money } from "../../ui/money";
import { Empty, Tile } from "../../ui/tile";
import { TraceLinks, Traces } from "../../ui/trace-links";

/** Facts side by side; `wide` ones below each other. */
export function Facts({ wide = false, children }: { wide?: boolean; children: ReactNode }) {
  return <dl className={wide ? "fact-list wide-facts" : "fact-list"}>{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface Props {
  incident: Incident;
  /** How old it is, where it is not the socket that tells it. */
  freshness: ReactNode;
}

export function CauseTile({ incident: it, freshness }: Props) {
  return (
    <Tile title="Why" className="cause" freshness={freshness}>
      {it.causes.length === 0 && <Empty glyph="clock">The cause is not known yet.</Empty>}
      <ul className="causes">
        {it.causes.map((cause) => (
          <li key={cause}>{cause}</li>
        ))}
      </ul>
      <Facts>
        <Fact name="Fault first seen">
          <Moment at={it.fault_at} />
        </Fact>
        <Fact name="Found after">{span(Date.parse(it.opened_at) - Date.parse(it.fault_at))}</Fact>
        <Fact name={it.resolved_at ? "Lasted" : "Lasts for"}>
          <For since={it.fault_at} until={it.resolved_at ?? null} />
        </Fact>
        <Fact name="Rules">
          {it.alerts.map((alert) => (
            <code key={JSON.stringify(alert)}>{alert.rule}</code>
          ))}
        </Fact>
        {it.suppressed.length > 0 && <Fact name="Not told because of it">{it.suppressed.length} alerts</Fact>}
        {it.flapping && <Fact name="Flapping">It comes and goes; told once.</Fact>}
      </Facts>
      <Where incident={it} />
    </Tile>
  );
}

/** Before a fault shows, what led to it may be seen (ms). */
const BEFORE = 300_000;

/** Traces that show it, and those of the services that its alerts name, or else of its component's. */
function Where({ incident: it }: { incident: Incident }) {
  const { data } = useAnswer("/api/v1/catalog");
  const now = useNow();
  const named = [...new Set(it.alerts.flatMap((one) => one.labels["service.name"] ?? []))];
  const own = data?.components.find((one) => one.id === it.component)?.services ?? [];
  const until = it.resolved_at ? Date.parse(it.resolved_at) : now;
  const services = named.length > 0 ? named : own;
  const time = { from: Date.parse(it.fault_at) - BEFORE, until };
  return (
    <>
      {it.traces.length > 0 && (
        <Facts wide>
          <Fact name={it.traces.length > 1 ? "Traces that show it" : "Trace that shows it"}>
            <Traces traces={it.traces} service={services[0]} {...time} />
          </Fact>
        </Facts>
      )}
      <TraceLinks services={services} {...time} />
    </>
  );
}

export function ImpactTile({ incident: it, snapshot, freshness }: Props & { snapshot: Snapshot }) {
  const { impact } = it;
  const names = new Map(snapshot.components.map((one) => [one.id, one.name]));
  return (
    <Tile title="Impact" className="impact" freshness={freshness}>
      <Facts>
        <Fact name={it.resolved_at ? "At risk at most" : "At risk"}>
          <Money amounts={impact.revenue_at_risk} />
        </Fact>
        <Fact name="Lost so far">
          <Money amounts={impact.revenue_lost} />
        </Fact>
        <Fact name="Customers who met failures">
          <span className="number">
            {impact.customers_affected.estimated && "about "}
            {impact.customers_affected.count}
          </span>
        </Fact>
      </Facts>
      <ul className="rows tight">
        {impact.opportunities.map((one) => (
          <li key={one.id} className="row">
            <span className="row-main">
              {one.name}
              <Link to={`/ui/customers/${encodeURIComponent(one.customer)}`}>{one.customer_name}</Link>
            </span>
            <strong className="number">{money(one.amount)}</strong>
          </li>
        ))}
      </ul>
      <ul className="rows tight">
        {Object.entries(it.affected).map(([id, state]) => (
          <li key={id} className="row">
            <span className="row-main">{names.get(id) ?? id}</span>
            <StateBadge state={state} />
          </li>
        ))}
      </ul>
    </Tile>
  );
}
