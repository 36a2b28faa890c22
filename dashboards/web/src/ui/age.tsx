/** How old things are. */
import { useKnown, useNow, useTick } from "../live/store";
import { ago, moment, span } from "../lib/time";
import { GlyphIcon } from "./icons";

/** What came over the socket and is older than this (ms) is no longer called live. */
const STALE = 5_000;

/** What is asked for is asked again every 15 s; older than this (ms), something is wrong. */
const STALE_ANSWER = 40_000;

function Freshness({ age, stale }: { age: number; stale: number }) {
  const isOld = age > stale;
  const text = age < 2_000 ? "now" : span(age);
  return (
    <span className={isOld ? "freshness old" : "freshness"} title="Age of what is shown here">
      {isOld && <GlyphIcon name="clock" size={12} />}
      <span className="hidden">Data from </span>
      {text}
      {age >= 2_000 && <span> ago</span>}
    </span>
  );
}

/** Says how old the snapshot is. */
export function LiveFreshness() {
  return <Freshness age={useTick() - useKnown().at} stale={STALE} />;
}

/** Says how old an answer is that came at a time of the wall clock. */
export function Fetched({ at }: { at: number }) {
  return <Freshness age={useTick("wall") - at} stale={STALE_ANSWER} />;
}

/** Writes how long ago something was; the moment itself on hovering. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={moment(at, now)}>
      {ago(at, now)}
    </time>
  );
}

/** Writes for how long something has been so, or was. */
export function For({ since, until }: { since: string; until?: string | null }) {
  const now = useNow();
  return <span className="number">{span((until ? Date.parse(until) : now) - Date.parse(since))}</span>;
}

/** Writes how much time is left. */
export function Left({ until }: { until: string }) {
  return <span className="number">{span(Date.parse(until) - useNow())}</span>;
}

/** Writes a moment. */
export function Moment({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} className="number" title={at}>
      {moment(at, now)}
    </time>
  );
}
