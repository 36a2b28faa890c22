/** Every customer: how what they need is, and what hangs on it. */
import { Link } from "react-router";
import { useAnswer } from "../../api/queries";
import type { Catalog, Snapshot, UptimeOf } from "../../api/types";
import { money } from "../../lib/money";
import { percent } from "../../lib/numbers";
import { rank } from "../../lib/words";
import { useSnapshot } from "../../live/store";
import { Chip, StateBadge } from "../../ui/badge";
import { PageHead } from "../../ui/page-head";
import { QueryTile } from "../../ui/query-tile";
import { Table } from "../../ui/table";
import { Empty } from "../../ui/tile";
import { opportunities, standing } from "./standing";

export default function Customers() {
  const snapshot = useSnapshot();
  const catalog = useAnswer("/api/v1/catalog");
  const uptime = useAnswer("/api/v1/uptime", { months: 1 });
  return (
    <>
      <PageHead title="Customers" />
      <QueryTile title="How what they need is" query={catalog} lines={6}>
        {(it) => <CustomersTable catalog={it} snapshot={snapshot} uptime={uptime.data?.customers} />}
      </QueryTile>
    </>
  );
}

interface Props {
  catalog: Catalog;
  snapshot: Snapshot;
  /** Absent until it is known. */
  uptime: readonly UptimeOf[] | undefined;
}

const COLUMNS = ["Customer", "State", "Opportunities", { name: "Uptime this month", end: true }, "Answers for it"];

function CustomersTable({ catalog, snapshot, uptime }: Props) {
  if (catalog.customers.length === 0) return <Empty glyph="note">The catalog names no customer.</Empty>;
  const rows = catalog.customers
    .map((customer) => ({ customer, state: standing(customer, snapshot) }))
    .sort((one, other) => rank(other.state) - rank(one.state) || one.customer.name.localeCompare(other.customer.name));
  return (
    <Table label="Customers" columns={COLUMNS}>
      {rows.map(({ customer, state }) => (
        <tr key={customer.id}>
          <th scope="row">
            <Link to={`/ui/customers/${encodeURIComponent(customer.id)}`}>{customer.name}</Link>
          </th>
          <td>
            <StateBadge state={state} />
          </td>
          <td>
            {opportunities(catalog, customer.id, snapshot).map((it) => (
              <span key={it.id} className="facts">
                <span className="number">{money(it.amount)}</span>
                {it.because && <Chip tone="worst">At risk</Chip>}
              </span>
            ))}
          </td>
          <td className="end number">
            {uptime ? percent(uptime.find((it) => it.id === customer.id)?.months.at(-1)?.percent) : "not known"}
          </td>
          <td className="soft">{customer.owner ?? "nobody is named"}</td>
        </tr>
      ))}
    </Table>
  );
}
