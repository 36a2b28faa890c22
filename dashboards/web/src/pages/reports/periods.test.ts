import { expect, it } from "vitest";
import { months, weeks } from "./periods";

it("names months, the newest first", () => {
  expect(months(Date.parse("2026-01-31T23:00:00Z"), 3)).toEqual(["2026-01", "2025-12", "2025-11"]);
});

it.each([
  ["2026-11-26T10:00:00Z", "2026-W48"],
  ["2027-01-03T10:00:00Z", "2026-W53"],
  ["2027-01-04T00:00:00Z", "2027-W01"],
  ["2025-12-29T00:00:00Z", "2026-W01"],
])("names the ISO week of %s %s", (at, name) => {
  expect(weeks(Date.parse(at), 1)).toEqual([name]);
});
