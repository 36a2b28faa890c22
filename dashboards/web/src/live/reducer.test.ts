import { describe, expect, it } from "vitest";
import type { LiveMessage, Snapshot } from "../api/types";
import { GAP, apply, type State } from "./reducer";

const component = (id: string, effective = "operational") => ({ id, name: id, effective });

const snapshot = (): Snapshot =>
  ({
    collector: { now: "2026-01-01T00:00:00.000Z", ready: true },
    components: [component("auth"), component("admin")],
    impact: { revenue_at_risk: [] },
    health_score: "100",
    silences: [],
    incidents: [],
    services: [],
    receivers: [],
    destinations: [{ name: "slack" }],
  }) as unknown as Snapshot;

const start = (): State => ({ seq: 7, snapshot: snapshot() });
const delta = (seq: number, parts: object) => ({ kind: "delta", seq, ...parts }) as LiveMessage;

function applied(state: State, message: LiveMessage): State {
  const next = apply(state, message);
  if (next === GAP) throw new Error("a gap");
  return next;
}

describe("what a socket says", () => {
  it("begins with everything", () => {
    const message: LiveMessage = { kind: "snapshot", seq: 7, snapshot: snapshot() };
    expect(apply(undefined, message)).toEqual(start());
  });

  it("makes what was known before void", () => {
    const message: LiveMessage = { kind: "snapshot", seq: 2, snapshot: snapshot() };
    expect(applied(start(), message).seq).toBe(2);
  });

  it("exchanges what changed and leaves the rest the same object", () => {
    const before = start();
    const after = applied(before, delta(8, { components: { changed: [component("admin", "major_outage")] } }));
    expect(after.snapshot.components.map((it) => it.effective)).toEqual(["operational", "major_outage"]);
    expect(after.snapshot.components[0]).toBe(before.snapshot.components[0]);
    expect(after.snapshot.destinations).toBe(before.snapshot.destinations);
    expect(before.snapshot.components[1]?.effective).toBe("operational");
  });

  it("takes what came, went and moved in the order that is told", () => {
    const changes = { changed: [component("database")], order: ["database", "auth"] };
    const after = applied(start(), delta(8, { components: changes }));
    expect(after.snapshot.components.map((it) => it.id)).toEqual(["database", "auth"]);
  });

  it("knows lists by name where there is no id", () => {
    const after = applied(start(), delta(8, { destinations: { changed: [{ name: "slack", kind: "slack" }] } }));
    expect(after.snapshot.destinations).toEqual([{ name: "slack", kind: "slack" }]);
  });

  it("empties a list", () => {
    const after = applied(start(), delta(8, { destinations: { changed: [], order: [] } }));
    expect(after.snapshot.destinations).toEqual([]);
  });

  it("takes a score that cannot be told any more", () => {
    expect(applied(start(), delta(8, { health_score: null })).snapshot.health_score).toBeNull();
    expect(applied(start(), delta(8, {})).snapshot.health_score).toBe("100");
  });

  it("keeps parts that only a newer collector has", () => {
    const after = applied(start(), delta(8, { rules: { changed: [{ id: "r" }], order: ["r"] }, weather: "fine" }));
    expect(after.snapshot).toMatchObject({ rules: [{ id: "r" }], weather: "fine" });
  });

  it("does not count itself among the parts", () => {
    expect(applied(start(), delta(8, {})).snapshot).not.toHaveProperty("kind");
  });
});

describe("a gap", () => {
  it("is a number left out, or one again", () => {
    for (const seq of [7, 9, 1]) expect(apply(start(), delta(seq, {}))).toBe(GAP);
  });

  it("is a change of what is not known", () => {
    expect(apply(undefined, delta(1, {}))).toBe(GAP);
  });

  it("is an order that names what nobody told", () => {
    expect(apply(start(), delta(8, { components: { changed: [], order: ["auth", "nobody"] } }))).toBe(GAP);
  });
});
