/** What whoever answers for the business asks first. */
import { useSnapshot } from "../../live/store";
import { PageHead } from "../../ui/page-head";
import { ComponentsTile } from "./components";
import { Headline } from "./headline";
import { HealthTile } from "./health";
import { IncidentsTile } from "./incidents";
import { MoneyOverTime } from "./money-over-time";
import { OpportunitiesTile } from "./opportunities";
import { RiskTile } from "./risk";

export default function Executive() {
  const snapshot = useSnapshot();
  return (
    <>
      <PageHead title="Executive">
        <Headline snapshot={snapshot} />
      </PageHead>
      <div className="grid executive">
        <RiskTile impact={snapshot.impact} />
        <HealthTile snapshot={snapshot} />
        <IncidentsTile incidents={snapshot.incidents} />
        <OpportunitiesTile snapshot={snapshot} />
        <MoneyOverTime />
        <ComponentsTile components={snapshot.components} />
      </div>
    </>
  );
}
