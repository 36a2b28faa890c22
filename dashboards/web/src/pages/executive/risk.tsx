/** Revenue at risk now, and what it is made of. */
import type { Impact } from "../../api/types";
import { money, sum } from "../../lib/money";
import { Money } from "../../ui/money";
import { Tile } from "../../ui/tile";

export function RiskTile({ impact }: { impact: Impact }) {
  const expected = sum(impact.expected_loss);
  return (
    <Tile
      title="Revenue at risk"
      className="risk"
      definition={
        <>
          The full amount of every opportunity that needs a component which is out far enough, each once, and the loss
          expected within the next hour where components that earn are failing. Currencies are never added up.
        </>
      }
    >
      <p className={`figure ${impact.revenue_at_risk.length > 0 ? "tone-worst" : "tone-good"}`}>
        <Money amounts={impact.revenue_at_risk} />
      </p>
      <p className="soft">
        {impact.everything && <strong>This is all there is. </strong>}
        {impact.revenue_at_risk_total && impact.revenue_at_risk.length > 1 && (
          <>In one currency: {money(impact.revenue_at_risk_total)}. </>
        )}
        {expected ? `${expected} of it is loss expected within the hour.` : "No loss is expected within the hour."}
      </p>
    </Tile>
  );
}
