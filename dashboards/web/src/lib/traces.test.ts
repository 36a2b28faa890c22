import { describe, expect, it } from "vitest";
import { address, isOfTrace } from "./traces";

const looked = { service: "a b/c", from: 1_000, until: 2_000 };

describe("an address of traces", () => {
  it("says what is looked at, in the unit that it wants", () => {
    const jaeger = "http://jaeger/search?service={service}&start={from_us}&end={until_us}";
    expect(address(jaeger, looked)).toBe("http://jaeger/search?service=a%20b%2Fc&start=1000000&end=2000000");
    expect(address("https://a/{from}-{until}?%7B{service}%7D", looked)).toBe("https://a/1000-2000?%7Ba%20b%2Fc%7D");
  });

  it("is none where the service is not known and has to be", () => {
    expect(address("https://a/{service}", { ...looked, service: undefined })).toBeUndefined();
    expect(address("https://a/{from}", { ...looked, service: undefined })).toBe("https://a/1000");
  });

  it("leads to a single trace where one is known", () => {
    const jaeger = "http://jaeger/trace/{trace}";
    expect(isOfTrace(jaeger)).toBe(true);
    expect(address(jaeger, looked)).toBeUndefined();
    expect(address(jaeger, { ...looked, trace: "4bf92f35" })).toBe("http://jaeger/trace/4bf92f35");
  });
});
