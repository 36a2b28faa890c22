/** What a week or a month came to. */
import { useState } from "react";
import { Link } from "react-router";
import { useAnswer } from "../../api/queries";
import type { Amount, Report, Took } from "../../api/types";
import { sum } from "../../lib/money";
import { percent } from "../../lib/numbers";
import { monthName, span } from "../../lib/time";
import { useNow } from "../../live/store";
import { Moment } from "../../ui/age";
import { Chip, SeverityBadge } from "../../ui/badge";
import { GlyphIcon } from "../../ui/icons";
import { PageHead } from "../../ui/page-head";
import { QueryTile } from "../../ui/query-tile";
import { Table } from "../../ui/table";
import { Empty } from "../../ui/tile";
import { months, weeks } from "./periods";

export default function Reports() {
  const now = useNow();
  const [chosen, choose] = useState<string>();
  const period = chosen ?? months(now, 1)[0] ?? "";
  const report = useAnswer("/api/v1/reports/{period}", { period });
  const path = `/api/v1/reports/${encodeURIComponent(period)}`;
  return (
    <>
      <PageHead title="Reports">
        <div className="acts">
          <select aria-label="Week or month" value={period} onChange={(event) => choose(event.target.value)}>
            <optgroup label="Months">
              {months(now, 12).map((it) => (
                <option key={it} value={it}>
                  {monthName(it)}
                </option>
              ))}
            </optgroup>
            <optgroup label="Weeks">
              {weeks(now, 12).map((it) => (
                <option key={it} value={it}>
                  Week {it.slice(6)} of {it.slice(0, 4)}
                </option>
              ))}
            </optgroup>
          </select>
          <a className="button" href={`${path}/page`} target="_blank" rel="noreferrer">
            <GlyphIcon name="out" /> To print
          </a>
          <a className="button" href={path} target="_blank" rel="noreferrer">
            <GlyphIcon name="out" /> JSON
          </a>
        </div>
      </PageHead>
      <div className="stack">
        <QueryTile title="Summary" query={report} lines={6}>
          {(it) => <Summary report={it} />}
        </QueryTile>
        {report.data && (
          <QueryTile title="Incidents" query={report}>
            {(it) => <Incidents report={it} />}
          </QueryTile>
        )}
      </div>
      <div className="columns even" hidden={!report.data}>
        <div>
          <QueryTile title="Uptime" query={report}>
            {(it) => <Uptime report={it} />}
          </QueryTile>
        </div>
        <div>
          <QueryTile
            title="What people said of rules"
            query={report}
            definition="Of the incidents that a rule found and that have a verdict, the share that was false. A rule that is false too often is one to mend."
          >
            {(it) => <Rules report={it} />}
          </QueryTile>
        </div>
      </div>
    </>
  );
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

function Summary({ report: { figures, before, period } }: { report: Report }) {
  const rows: [string, string, string][] = [
    ["Incidents", String(figures.incidents), String(before.incidents)],
    ["Found after", took(figures.time_to.detect), took(before.time_to.detect)],
    ["Taken after", took(figures.time_to.acknowledge), took(before.time_to.acknowledge)],
    ["Repaired after", took(figures.time_to.repair), took(before.time_to.repair)],
    ["False", percentOr(figures.verdicts.false_percent), percentOr(before.verdicts.false_percent)],
    ["At risk", amounts(figures.revenue_at_risk), amounts(before.revenue_at_risk)],
    ["Lost", amounts(figures.revenue_lost), amounts(before.revenue_lost)],
    ["Protected", amounts(figures.revenue_protected), amounts(before.revenue_protected)],
    ["Health score", figures.health_score ?? "not known", before.health_score ?? "not known"],
  ];
  return (
    <>
      <p className="soft">
        {DAY.format(Date.parse(period.from))} to {DAY.format(Date.parse(period.until) - 1)} {!period.over && <Chip tone="calm">Not over yet</Chip>}
      </p>
      <dl className="summary">
        {rows.map(([name, now, then]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{now}</dd>
            <dd className="soft small">before: {then}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const took = (it: Took): string => (it.median_seconds == null ? "–" : span(it.median_seconds * 1_000));
const amounts = (all: readonly Amount[]): string => sum(all) ?? "nothing";
const percentOr = (value: string | null): string => (value == null ? "no verdicts" : `${value} %`);

const COLUMNS = [
  "Incident",
  "Severity",
  "Fault",
  { name: "Found after", end: true },
  { name: "Repaired after", end: true },
  { name: "At risk", end: true },
  "Verdict",
];

function Incidents({ report }: { report: Report }) {
  if (report.incidents.length === 0) return <Empty>None was opened.</Empty>;
  return (
    <>
      <Table label="Incidents of the period" columns={COLUMNS}>
        {report.incidents.map((it) => (
          <tr key={it.id}>
            <th scope="row">
              <Link to={`/ui/incidents/${encodeURIComponent(it.id)}`}>{it.title}</Link>
            </th>
            <td>
              <SeverityBadge severity={it.severity} />
            </td>
            <td>
              <Moment at={it.fault_at} />
            </td>
            <td className="end number">{span(it.detected_after_seconds * 1_000)}</td>
            <td className="end number">
              {it.repaired_after_seconds == null ? "still open" : span(it.repaired_after_seconds * 1_000)}
            </td>
            <td className="end number">{amounts(it.revenue_at_risk)}</td>
            <td>{it.verdict ?? <span className="soft">none yet</span>}</td>
          </tr>
        ))}
      </Table>
      {report.incidents_left_out > 0 && <p className="soft">and {report.incidents_left_out} more</p>}
    </>
  );
}

function Uptime({ report }: { report: Report }) {
  const rows = [...report.customers, ...report.components];
  if (rows.length === 0) return <Empty glyph="note">The catalog names nothing.</Empty>;
  return (
    <ul className="rows tight">
      {rows.map((it) => (
        <li key={`${it.id} ${it.name}`} className="row">
          <span className="row-main">{it.name}</span>
          <span className="soft since">{it.down_seconds > 0 && `out for ${span(it.down_seconds * 1_000)}`}</span>
          <strong className="number">{percent(it.percent)}</strong>
        </li>
      ))}
    </ul>
  );
}

function Rules({ report }: { report: Report }) {
  if (report.rules.length === 0) return <Empty>No rule found anything.</Empty>;
  return (
    <ul className="rows tight">
      {report.rules.map((it) => (
        <li key={it.rule} className="row">
          <span className="row-main">
            <code>{it.rule}</code>
          </span>
          <span className="soft since">
            {it.real} real, {it.false} false, {it.open} without a verdict
          </span>
        </li>
      ))}
    </ul>
  );
}
