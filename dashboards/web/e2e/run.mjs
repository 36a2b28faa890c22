// Runs one scenario against a collector that stands as the scenario says; tests/tests/dashboard.rs
// makes it stand so.
//
//   PICTURES=folder node e2e/run.mjs SCENARIO URL [argument]...
import process from "node:process";
import { launch } from "./browser.mjs";
import * as scenarios from "./scenarios.mjs";

const [name, base, ...rest] = process.argv.slice(2);
const scenario = scenarios[name];
if (!scenario || !base) {
  console.error(`say a scenario (${Object.keys(scenarios).join(", ")}) and the URL of a collector`);
  process.exit(2);
}
const browser = await launch();
try {
  await scenario(browser, base, ...rest);
} finally {
  await browser.close();
}
