// Measures in Chromium, for benches/dashboard: how long the executive page takes to load, and when
// incidents are painted on the operations page.
//
//   node e2e/measure.mjs loads URL TIMES    prints {cold, warm, script, all}
//   node e2e/measure.mjs pixels URL         prints `ready`, reads ids, prints when each was painted
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { launch } from "./browser.mjs";

const SCREEN = { viewport: { width: 1440, height: 900 } };

/** Runs in the page: notes when revenue at risk is painted (ms since the navigation began). */
function noteRevenue() {
  const look = () => {
    if (!/\d/.test(document.querySelector(".risk .money")?.textContent ?? "")) return requestAnimationFrame(look);
    // what stands in the document now is painted with this frame; a task after it follows that
    requestAnimationFrame(() => setTimeout(() => (window.__shown = performance.now())));
  };
  requestAnimationFrame(look);
}

/** Runs in the page: notes when the row of each incident is painted (ms since 1970). */
function noteIncidents() {
  window.__painted = {};
  const look = () => {
    for (const it of document.querySelectorAll('.open a[href^="/ui/incidents/"]')) {
      const id = it.getAttribute("href").split("/").at(-1);
      if (id in window.__painted) continue;
      window.__painted[id] = 0;
      requestAnimationFrame(() => setTimeout(() => (window.__painted[id] = Date.now())));
    }
  };
  const begin = () => new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
  if (document.documentElement) begin();
  else addEventListener("DOMContentLoaded", begin);
}

async function shown(page) {
  await page.goto("/", { waitUntil: "commit" });
  const handle = await page.waitForFunction(() => window.__shown, undefined, { timeout: 60_000 });
  return handle.jsonValue();
}

/** What the page loaded, by the bytes that came for it. */
const loaded = () => {
  const all = performance.getEntriesByType("resource").filter((it) => !it.name.includes("/api/"));
  const sum = (some) => some.reduce((bytes, it) => bytes + it.encodedBodySize, 0);
  const [page] = performance.getEntriesByType("navigation");
  return { script: sum(all.filter((it) => it.name.endsWith(".js"))), all: sum(all) + page.encodedBodySize };
};

async function loads(browser, base, times) {
  const [cold, warm] = [[], []];
  let bytes;
  for (let n = 0; n < times; n += 1) {
    // a context of its own has a cache of its own
    const context = await browser.newContext({ ...SCREEN, baseURL: base });
    await context.addInitScript(noteRevenue);
    const page = await context.newPage();
    cold.push(await shown(page));
    bytes ??= await page.evaluate(loaded);
    await page.goto("about:blank");
    warm.push(await shown(page));
    await context.close();
  }
  console.log(JSON.stringify({ cold, warm, ...bytes }));
}

async function pixels(browser, base) {
  const lines = createInterface({ input: process.stdin });
  const context = await browser.newContext({ ...SCREEN, baseURL: base });
  await context.addInitScript(noteIncidents);
  const page = await context.newPage();
  await page.goto("/ui/operations");
  await page.locator('.link-status[data-link="live"]').waitFor();
  console.log("ready");
  const [line] = await once(lines, "line");
  const ids = JSON.parse(line);
  // the last may be on its way
  await page.waitForFunction((ids) => ids.every((id) => window.__painted[id] > 0), ids, { timeout: 60_000 });
  const painted = await page.evaluate(() => window.__painted);
  console.log(JSON.stringify(Object.fromEntries(ids.map((id) => [id, painted[id]]))));
  await context.close();
  lines.close();
}

const [what, base, times] = process.argv.slice(2);
const browser = await launch();
try {
  if (what === "loads") await loads(browser, base, Number(times));
  else if (what === "pixels") await pixels(browser, base);
  else throw new Error("say loads or pixels");
} finally {
  await browser.close();
}
