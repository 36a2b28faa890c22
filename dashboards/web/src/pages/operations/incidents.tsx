/** Open incidents: which, how bad, whose. */
import { Link } from "react-router";
import type { Incident } from "../../api/types";
import { sum } from "../../lib/money";
import { SEVERITY_ORDER } from "../../lib/words";
import { Ago, For, Left } from "../../ui/age";
import { Chip } from "../../ui/badge";
import { GlyphIcon } from "../../ui/icons";
import { IncidentRow } from "../../ui/incident-row";
import { Empty, Tile } from "../../ui/tile";
import { Acts } from "../incident/acts";

const loudness = (it: Incident) => SEVERITY_ORDER.indexOf(it.severity);

/** The loudest first, of those the oldest. */
const bySeverity = (one: Incident, other: Incident): number =>
  loudness(other) - loudness(one) || one.opened_at.localeCompare(other.opened_at);

export function OpenTile({ incidents }: { incidents: readonly Incident[] }) {
  const taken = incidents.filter((it) => it.response.acknowledged != null).length;
  return (
    <Tile title={incidents.length === 0 ? "Open incidents" : `Open incidents: ${incidents.length}, ${taken} taken`} className="open">
      {incidents.length === 0 ? (
        <Empty>No incident is open.</Empty>
      ) : (
        <ul className="rows">
          {[...incidents].sort(bySeverity).map((it) => (
            <Row key={it.id} incident={it} />
          ))}
        </ul>
      )}
    </Tile>
  );
}

function Row({ incident: it }: { incident: Incident }) {
  const acknowledged = it.response.acknowledged;
  const risk = sum(it.impact.revenue_at_risk);
  const facts = (
    <>
      {acknowledged ? (
        <span>
          <GlyphIcon name="person" size={14} /> {acknowledged.by}, for another <Left until={acknowledged.until} />
        </span>
      ) : (
        <strong className="untaken tone-worst">Nobody works on it</strong>
      )}
      {risk && <span className="number">{risk} at risk</span>}
      {it.suppressed.length > 0 && <span className="soft">{it.suppressed.length} suppressed</span>}
      {it.flapping && <Chip tone="warn">Flapping</Chip>}
    </>
  );
  return (
    <IncidentRow incident={it} title={it.title} facts={facts} acts={<Acts incident={it} small />}>
      {it.causes[0] && <span className="soft small clamp">{it.causes[0]}</span>}
    </IncidentRow>
  );
}

/** Those that are over, the newest first. */
export function Past({ incidents }: { incidents: readonly Incident[] }) {
  const over = incidents.filter((it) => it.status === "resolved");
  if (over.length === 0) return <Empty glyph="clock">None was resolved yet.</Empty>;
  return (
    <ul className="rows tight past">
      {over.map((it) => (
        <li key={it.id} className="row">
          <span className="row-main">
            <Link to={`/ui/incidents/${encodeURIComponent(it.id)}`}>{it.title}</Link>
            <span className="facts soft">
              {it.resolved_at && (
                <span>
                  over <Ago at={it.resolved_at} />, lasted <For since={it.fault_at} until={it.resolved_at} />
                </span>
              )}
              {it.response.owner && <span>{it.response.owner}</span>}
            </span>
          </span>
          {it.response.verdict ? <Chip>{it.response.verdict}</Chip> : <Chip tone="warn">No verdict yet</Chip>}
        </li>
      ))}
    </ul>
  );
}
