import { expect, it } from "vitest";
import type { Service } from "../../api/types";
import { difference, versions } from "./routes";

const instance = (version: string, minute: number, routes: string[] | null, running = true) => ({
  id: `${version}-${minute}`,
  version,
  running,
  startup: "ready",
  checks: [],
  routes,
  first_seen: `2026-01-01T00:0${minute}:00.000Z`,
  last_seen: `2026-01-01T00:0${minute}:00.000Z`,
  stopped: null,
});

const service = (instances: object[], accepted: string[] = []) =>
  ({ name: "api", instances, accepted_removals: accepted.map((route) => ({ route })) }) as unknown as Service;

it("groups instances by version, the newest first", () => {
  const all = versions(service([instance("1", 1, ["GET /a"], false), instance("2", 2, null), instance("1", 3, ["GET /b"])]));
  expect(all.map((one) => [one.version, one.instances.length, one.isRunning])).toEqual([
    ["2", 1, true],
    ["1", 2, true],
  ]);
  expect([...(all[1]?.routes ?? [])]).toEqual(["GET /a", "GET /b"]);
});

it("says what came, what is gone and what is gone on purpose", () => {
  const all = [instance("1", 1, ["GET /a", "GET /admin", "GET /old"]), instance("2", 2, ["GET /a", "GET /new"])];
  expect(difference(service(all, ["GET /old"]))).toMatchObject({
    of: { version: "2" },
    against: { version: "1" },
    gone: ["GET /admin"],
    meant: ["GET /old"],
    come: ["GET /new"],
  });
});

it("compares nothing with a version that told nothing", () => {
  expect(difference(service([instance("1", 1, null), instance("2", 2, ["GET /a"])]))).toBeUndefined();
});
