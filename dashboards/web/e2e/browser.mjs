// Debian's Chromium, and what every view is held against: nothing refused or failed in the console,
// no violation that axe finds, nothing wider than the screen, no shift of the layout.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Longest wait for any one thing (ms), on a busy machine. */
export const LIMIT = 60_000;

/** How people look: on which screen, in which light. */
export const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1440, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1440, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true },
];

const EXECUTABLES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? EXECUTABLES.find((it) => existsSync(it));
  assert(executablePath, "there is no Chromium: run `scripts/setup chromium`");
  // as root there is no sandbox to be had
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}

/** Opens pages of one look, and notes what goes wrong in them. What is `also` asked is no other host. */
export async function looker(browser, base, look, also = []) {
  const context = await browser.newContext({ ...look, baseURL: base, reducedMotion: "reduce" });
  context.setDefaultTimeout(LIMIT);
  await context.addInitScript(() => {
    window.__shift = 0;
    new PerformanceObserver((list) => {
      for (const it of list.getEntries()) if (!it.hadRecentInput) window.__shift += it.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (it) => {
    if (["error", "warning"].includes(it.type())) problems.push(it.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (it) => {
    const hosts = [base, ...also].map((known) => new URL(known).host);
    if (!hosts.includes(new URL(it.url()).host)) problems.push(`asked another host: ${it.url()}`);
  });
  return { look, context, page, problems };
}

/** Holds a page that shows what it should against what every view keeps, and takes its picture. */
export async function check({ look, page, problems }, name, { expected = [] } = {}) {
  await page.locator("#main").waitFor();
  await page.waitForFunction(() => !document.querySelector(".loading"));
  const where = `${name} (${look.name})`;
  const folder = process.env.PICTURES;
  if (folder) {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}-${look.name}.png`), fullPage: true });
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert(wide <= 0, `${where} is ${wide} px wider than the screen`);
  const shift = await page.evaluate(() => window.__shift);
  assert(shift < 0.1, `${where} shifted by ${shift}`);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map((it) => `${it.id}: ${it.help}: ${it.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
  assert.deepEqual(told, [], where);
  const unexpected = problems.filter((it) => !expected.some((known) => it.includes(known)));
  assert.deepEqual(unexpected, [], where);
}
