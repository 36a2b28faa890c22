/** The state of the business in two sentences. */
import type { Snapshot } from "../../api/types";
import { sum } from "../../lib/money";
import { count, isUnwell, list, STATES, worst, worstFirst } from "../../lib/words";
import { GlyphIcon, StateIcon } from "../../ui/icons";

/** Says how everything is, in one sentence. */
function headline(snapshot: Snapshot): string {
  if (!snapshot.collector.ready) return "Nobody can see how things are now";
  const unwell = worstFirst(snapshot.components.filter((it) => isUnwell(it.effective)));
  const [first] = unwell;
  if (first && unwell.length === 1) return `${first.name}: ${STATES[first.effective].label.toLowerCase()}`;
  if (unwell.length > 1) return `${count(unwell.length, "component")} of ${snapshot.components.length} are not well`;
  if (snapshot.components.length === 0) return "Nothing is watched yet";
  const state = worst(snapshot);
  if (state === "unknown") return "Not everything is known yet";
  return state === "under_maintenance" ? "All is well; some of it is under maintenance" : "Everything works";
}

/** Says what that puts at risk. */
function atRisk({ impact }: Snapshot): string {
  const amount = sum(impact.revenue_at_risk);
  if (!amount) return "No revenue is at risk.";
  const all = impact.everything ? "All revenue is at risk: " : "";
  const whose = impact.customers.length > 0 ? ` with ${list(impact.customers)}` : "";
  return all ? `${all}${amount}${whose}.` : `${amount} at risk${whose}.`;
}

export function Headline({ snapshot }: { snapshot: Snapshot }) {
  const state = worst(snapshot);
  const { tone } = STATES[state];
  return (
    <div className={`headline tone-${snapshot.collector.ready ? tone : "none"}`}>
      {snapshot.collector.ready ? <StateIcon state={state} size={34} /> : <GlyphIcon name="eyeOff" size={34} />}
      <div>
        <p className="headline-what">{headline(snapshot)}</p>
        <p className="headline-risk">
          {!snapshot.collector.ready && "When it last saw: "}
          {atRisk(snapshot)}
        </p>
      </div>
    </div>
  );
}
