/** One customer: whether they get what they pay for, what hangs on it, and how it was month by month. */
import { useParams } from "react-router";
import { useAnswer } from "../../api/queries";
import type { Catalog, CatalogCustomer, Snapshot } from "../../api/types";
import { money } from "../../lib/money";
import { STATES } from "../../lib/words";
import { useSnapshot } from "../../live/store";
import { Chip, StateBadge } from "../../ui/badge";
import { ComponentRows } from "../../ui/component-rows";
import { Crumbs, PageHead } from "../../ui/page-head";
import { QueryTile } from "../../ui/query-tile";
import { Empty, Failed, Loading, Tile } from "../../ui/tile";
import { IncidentsTile } from "../executive/incidents";
import { journeyFailures, needs, opportunities, standing } from "./standing";
import { UptimeTable } from "./uptime";

export default function CustomerPage() {
  const { id = "" } = useParams();
  const snapshot = useSnapshot();
  const catalog = useAnswer("/api/v1/catalog");
  const customer = catalog.data?.customers.find((it) => it.id === id);
  return (
    <>
      <Crumbs to="/ui/customers" name="Customers">
        <code>{id}</code>
      </Crumbs>
      <PageHead title={customer?.name ?? id}>
        {customer && (
          <p className="facts">
            <StateBadge state={standing(customer, snapshot)} />
            {customer.owner && <span className="soft">{customer.owner} answers for it</span>}
          </p>
        )}
      </PageHead>
      {catalog.data && customer ? (
        <Content catalog={catalog.data} customer={customer} snapshot={snapshot} />
      ) : catalog.error ? (
        <Failed error={catalog.error} again={catalog.refetch} />
      ) : catalog.data ? (
        <Empty glyph="note">The catalog names no such customer.</Empty>
      ) : (
        <Loading lines={8} />
      )}
    </>
  );
}

function Content({ catalog, customer, snapshot }: { catalog: Catalog; customer: CatalogCustomer; snapshot: Snapshot }) {
  const uptime = useAnswer("/api/v1/uptime", { months: 12 });
  const theirs = snapshot.incidents.filter(
    (it) => it.customers.includes(customer.id) || customer.components.some((id) => id in it.affected),
  );
  return (
    <div className="columns even">
      <div>
        <Opportunities catalog={catalog} customer={customer} snapshot={snapshot} />
        <IncidentsTile incidents={theirs} />
        <QueryTile
          title="Uptime by month"
          query={uptime}
          definition="The share of measured time in which nothing that this customer needs was partly or wholly out. Maintenance, and time in which nothing is known, are not measured."
        >
          {(it) => <UptimeTable of={it.customers.find((one) => one.id === customer.id)} />}
        </QueryTile>
      </div>
      <div>
        <Components customer={customer} snapshot={snapshot} />
        <Journeys catalog={catalog} customer={customer} snapshot={snapshot} />
      </div>
    </div>
  );
}

function Opportunities({ catalog, customer, snapshot }: { catalog: Catalog; customer: CatalogCustomer; snapshot: Snapshot }) {
  const all = opportunities(catalog, customer.id, snapshot);
  const names = new Map(catalog.components.map((it) => [it.id, it.name]));
  const named = (ids: readonly string[]) => ids.map((it) => names.get(it) ?? it).join(", ");
  return (
    <Tile title="Opportunities">
      {all.length === 0 && <Empty glyph="note">The catalog names none.</Empty>}
      <ul className="rows">
        {all.map((it) => (
          <li key={it.id} className="row">
            <div className="row-main">
              <strong>{it.name}</strong>
              <span className="facts">
                {it.because ? <Chip tone="worst">{`At risk because of ${named(it.because)}`}</Chip> : <Chip tone="good">Safe</Chip>}
                <span className="soft">
                  needs {named(it.requires)}; at risk from {STATES[it.at_risk_from].label.toLowerCase()} on
                </span>
              </span>
            </div>
            <strong className="row-amount number">{money(it.amount)}</strong>
          </li>
        ))}
      </ul>
    </Tile>
  );
}

function Components({ customer, snapshot }: { customer: CatalogCustomer; snapshot: Snapshot }) {
  const all = needs(customer, snapshot);
  return (
    <Tile title="What they need">
      {all.length === 0 && <Empty glyph="note">Nothing that is watched.</Empty>}
      <ComponentRows components={all} />
    </Tile>
  );
}

function Journeys({ catalog, customer, snapshot }: { catalog: Catalog; customer: CatalogCustomer; snapshot: Snapshot }) {
  const all = catalog.journeys.filter((it) => it.customer == null || it.customer === customer.id);
  return (
    <Tile title="Journeys">
      {all.length === 0 && <Empty glyph="note">The catalog names no journey for them.</Empty>}
      <ul className="rows">
        {all.map((it) => {
          const failures = journeyFailures(it.id, snapshot);
          return (
            <li key={it.id} className="row">
              <div className="row-main">
                <span className="facts">
                  <strong>{it.name}</strong>
                  {failures.length > 0 ? <Chip tone="worst">Fails</Chip> : <Chip tone="none">Nothing found</Chip>}
                </span>
                <span className="soft small">{it.steps.join(" → ")}</span>
                {failures.map((why) => (
                  <span key={why}>{why}</span>
                ))}
              </div>
            </li>
          );
        })}
      </ul>
    </Tile>
  );
}
