/** Uptime month by month, of one customer or of all components. */
import type { UptimeOf } from "../../api/types";
import { percent } from "../../lib/numbers";
import { monthName, span } from "../../lib/time";
import { Table } from "../../ui/table";
import { Empty } from "../../ui/tile";

const COLUMNS = [
  "Month",
  { name: "Uptime", end: true },
  { name: "Out for", end: true },
  { name: "Degraded for", end: true },
  { name: "Maintenance", end: true },
];

export function UptimeTable({ of }: { of: UptimeOf | undefined }) {
  const months = [...(of?.months ?? [])].reverse().filter((it) => it.measured_seconds > 0 || it.maintenance_seconds > 0);
  if (months.length === 0) return <Empty glyph="clock">Nothing was measured yet.</Empty>;
  return (
    <Table label="Uptime by month" columns={COLUMNS}>
      {months.map((it) => (
        <tr key={it.month}>
          <th scope="row">{monthName(it.month)}</th>
          <td className="end number">{percent(it.percent)}</td>
          <td className="end number">{span(it.down_seconds * 1_000)}</td>
          <td className="end number">{span(it.degraded_seconds * 1_000)}</td>
          <td className="end number">{span(it.maintenance_seconds * 1_000)}</td>
        </tr>
      ))}
    </Table>
  );
}
