import { afterEach, describe, expect, it, vi } from "vitest";
import type { Incident } from "../api/types";
import { keep, kept } from "./keep";
import { brief, byAmount, digits, sum } from "./money";
import { percent, score } from "./numbers";
import { ago, monthName, span } from "./time";
import { count, inBusinessWords, list } from "./words";

describe("money", () => {
  it.each([
    ["925000", "925,000"],
    ["1200.50", "1,200.50"],
    ["1200.5", "1,200.50"],
    ["0.05", "0.05"],
    ["1000.00", "1,000"],
    ["-1234.5", "-1,234.50"],
    ["999", "999"],
    ["1e6", "1e6"],
    ["90071992547409931234.01", "90,071,992,547,409,931,234.01"],
  ])("writes %s as %s, to the last digit", (amount, text) => {
    expect(digits(amount)).toBe(text);
  });

  it("never adds up currencies", () => {
    expect(sum([])).toBeUndefined();
    const both = [
      { amount: "1", currency: "EUR" },
      { amount: "925000", currency: "GBP" },
    ];
    expect(sum(both)).toBe("1 EUR + 925,000 GBP");
  });

  it("puts greater amounts first", () => {
    const amounts = ["9", "925000", "10"].map((amount) => ({ amount, currency: "GBP" }));
    expect(amounts.sort(byAmount).map((it) => it.amount)).toEqual(["925000", "10", "9"]);
  });

  it.each([
    [925_000, "925k"],
    [1_250_000, "1.25m"],
    [12, "12"],
    [0, "0"],
  ])("shortens %d to %s", (value, text) => {
    expect(brief(value)).toBe(text);
  });
});

describe("numbers", () => {
  it.each([
    ["100", "100"],
    ["100.00", "100"],
    ["99.97", "99.9"],
    ["99.94", "99.9"],
    ["83.37", "83.4"],
    ["0", "0.0"],
  ])("writes a score of %s as %s, and never says whole of what is not", (value, text) => {
    expect(score(value)).toBe(text);
  });

  it("says so where a share is not known", () => {
    expect([percent("99.973"), percent(null), percent(undefined)]).toEqual(["99.973 %", "not measured", "not measured"]);
  });
});

describe("what is kept", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is nothing where the browser keeps nothing, and breaks nothing", () => {
    const refuse = () => {
      throw new DOMException("denied", "SecurityError");
    };
    for (const storage of [undefined, { getItem: refuse, setItem: refuse }]) {
      vi.stubGlobal("localStorage", storage);
      keep("bellwether.name", "ann");
      expect(kept("bellwether.name")).toBeUndefined();
    }
  });
});

describe("time", () => {
  it("names months by the calendar, wherever the reader is", () => {
    expect(monthName("2026-11")).toBe("November 2026");
  });

  it.each([
    [0, "0 s"],
    [999, "less than 1 s"],
    [-5_000, "0 s"],
    [59_000, "59 s"],
    [61_000, "1 min"],
    [3_600_000, "1 h"],
    [3_900_000, "1 h 5 min"],
    [90_000_000, "1 d 1 h"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(span(ms)).toBe(text);
  });

  it("counts ages by the clock that it is given", () => {
    expect(ago("2026-01-01T00:00:00.000Z", Date.parse("2026-01-01T00:02:03Z"))).toBe("2 min ago");
    expect(ago("2026-01-01T00:00:00.000Z", Date.parse("2026-01-01T00:00:00.4Z"))).toBe("just now");
  });
});

describe("words", () => {
  it("joins names", () => {
    expect([list([]), list(["a"]), list(["a", "b"]), list(["a", "b", "c"])]).toEqual(["", "a", "a and b", "a, b and c"]);
    expect(list(["a", "b", "c"], 2)).toBe("a, b and 1 more");
  });

  it("counts", () => {
    expect([count(1, "incident"), count(2, "incident"), count(0, "day")]).toEqual(["1 incident", "2 incidents", "0 days"]);
  });

  it("says what an incident means", () => {
    const incident = (status: string, worst: string) =>
      inBusinessWords({ component_name: "Admin panel", status, worst } as unknown as Incident);
    expect(incident("identified", "major_outage")).toBe("Admin panel does not work.");
    expect(incident("investigating", "unknown")).toBe("Nobody can say how Admin panel is.");
    expect(incident("resolved", "major_outage")).toBe("Admin panel works again.");
  });
});
