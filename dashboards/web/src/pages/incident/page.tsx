/** One incident: what it is, what happened, who was told, and what can be done. */
import { useParams } from "react-router";
import { useIncident } from "../../api/queries";
import type { Incident } from "../../api/types";
import { useSnapshot } from "../../live/store";
import { Ago, Fetched, For } from "../../ui/age";
import { Chip, SeverityBadge, StatusBadge } from "../../ui/badge";
import { GlyphIcon, StateIcon } from "../../ui/icons";
import { Crumbs, PageHead } from "../../ui/page-head";
import { Failed, Loading } from "../../ui/tile";
import { STATES } from "../../lib/words";
import { Acts } from "./acts";
import { DraftsTile } from "./drafts";
import { EscalationTile } from "./escalation";
import { CauseTile, ImpactTile } from "./facts";
import { StoryTile } from "./story";
import { SentTile, ToldTile } from "./told";

export default function IncidentPage() {
  const { id = "" } = useParams();
  const snapshot = useSnapshot();
  const { incident, error, at } = useIncident(id, snapshot);
  if (!incident) {
    return (
      <>
        <PageHead title="Incident" />
        {error ? <Failed error={error} /> : <Loading lines={8} />}
      </>
    );
  }
  const freshness = at === undefined ? undefined : <Fetched at={at} />;
  return (
    <>
      <Crumbs to="/ui/operations" name="Operations">
        <code>{incident.id}</code>
      </Crumbs>
      <PageHead title={incident.title}>
        <Standing incident={incident} />
        <Acts incident={incident} />
      </PageHead>
      {error && <Failed error={new Error(`${error.message} What is shown was so before.`)} />}
      <div className="columns even">
        <div>
          <CauseTile incident={incident} freshness={freshness} />
          <DraftsTile incident={incident} />
          <StoryTile incident={incident} freshness={freshness} />
        </div>
        <div>
          <ImpactTile incident={incident} snapshot={snapshot} freshness={freshness} />
          <EscalationTile incident={incident} snapshot={snapshot} />
          <ToldTile incident={incident} />
          <SentTile incident={incident} />
        </div>
      </div>
    </>
  );
}

function Standing({ incident: it }: { incident: Incident }) {
  const { acknowledged, owner, verdict } = it.response;
  return (
    <p className="facts standing">
      <span className={`state tone-${STATES[it.worst].tone}`}>
        <StateIcon state={it.worst} size={18} />
        <span>{STATES[it.worst].label}</span>
      </span>
      <SeverityBadge severity={it.severity} />
      <StatusBadge status={it.status} />
      {it.resolved_at ? (
        <span className="soft">
          lasted <For since={it.fault_at} until={it.resolved_at} />, over <Ago at={it.resolved_at} />
        </span>
      ) : acknowledged ? (
        <span>
          <GlyphIcon name="person" size={14} /> {acknowledged.by} works on it, since <Ago at={acknowledged.at} />
        </span>
      ) : (
        <strong className="tone-worst untaken">{owner ? `${owner} no longer works on it` : "Nobody works on it"}</strong>
      )}
      {verdict && <Chip>{`Verdict: ${verdict}`}</Chip>}
    </p>
  );
}
