// What people see, and do.
import assert from "node:assert/strict";
import { LOOKS, check, looker } from "./browser.mjs";

const [LIGHT, DARK, PHONE] = LOOKS;

/** Looks at pages as everybody does: name, address, and what says that each shows what it should. */
async function everyPage(browser, base, state, pages) {
  const desk = await looker(browser, base, LIGHT);
  const phone = await looker(browser, base, PHONE);
  for (const [name, path, shown] of pages) {
    for (const seen of [desk, phone]) {
      await seen.page.goto(path);
      await seen.page.getByText(shown).first().waitFor();
      await check(seen, `${name}-${state}`);
    }
    await desk.page.emulateMedia({ colorScheme: "dark" });
    await check({ ...desk, look: DARK }, `${name}-${state}`);
    await desk.page.emulateMedia({ colorScheme: "light" });
  }
  await desk.context.close();
  await phone.context.close();
}

const SERVICE = "/ui/services/marketedge-api";

/** Nothing reported yet. */
export const empty = (browser, base) =>
  everyPage(browser, base, "empty", [
    ["executive", "/", "Not everything is known yet"],
    ["operations", "/ui/operations", "No incident is open."],
    ["engineering", "/ui/engineering", "No service has reported yet."],
    ["service", SERVICE, "No service of this name has reported."],
    ["customers", "/ui/customers", "Zebra Associates"],
    ["customer", "/ui/customers/zebra", "What they need"],
    ["reports", "/ui/reports", "None was opened."],
    ["nowhere", "/ui/nowhere", "There is no such page"],
  ]);

/** All is well. */
export const well = (browser, base) =>
  everyPage(browser, base, "well", [
    ["executive", "/", "Everything works"],
    ["operations", "/ui/operations", "No incident is open."],
    ["engineering", "/ui/engineering", "marketedge-api"],
    ["service", SERVICE, "Version 1"],
    ["customer", "/ui/customers/zebra", "Safe"],
  ]);

/** The admin panel is gone, and with it an opportunity at risk. */
export async function outage(browser, base) {
  const incident = await newestIncident(base);
  await everyPage(browser, base, "outage", [
    ["executive", "/", "Admin panel does not work."],
    ["operations", "/ui/operations", "Nobody works on it"],
    ["engineering", "/ui/engineering", /\d gone/],
    ["service", SERVICE, "They are gone on purpose"],
    ["customers", "/ui/customers", "At risk"],
    ["customer", "/ui/customers/zebra", "At risk because of Admin panel"],
    ["reports", "/ui/reports", "still open"],
    ["incident", `/ui/incidents/${incident}`, "Fault first seen"],
  ]);
}

/** Requests fail, and the trace of one shows it. */
export async function traced(browser, base, trace) {
  const incident = await newestIncident(base);
  const address = `http://127.0.0.1:16686/trace/${trace}`;
  for (const look of LOOKS) {
    const seen = await looker(browser, base, look);
    const { page } = seen;
    const link = page.locator(`.traces a[href="${address}"]`);
    await page.goto(`/ui/incidents/${incident}`);
    await page.locator(".traces").getByText(trace).waitFor();
    await link.waitFor();
    await check(seen, "incident-traced");
    await page.goto("/ui/engineering");
    await page.locator("details.rule", { has: page.getByText("admin-threshold") }).locator("summary").click();
    await link.waitFor();
    await check(seen, "rule-traced");
    await seen.context.close();
  }
}

async function newestIncident(base) {
  const answer = await fetch(`${base}/api/v1/incidents`);
  const { incidents } = await answer.json();
  return incidents[0].id;
}

/** Somebody acknowledges, writes a note, silences, resolves and says what it was, all of it on the page. */
export async function work(browser, base) {
  const seen = await looker(browser, base, LIGHT);
  const { page } = seen;
  const dialog = page.getByRole("dialog");
  const press = (name) => page.getByRole("button", { name, exact: true }).first().click();
  const send = (name) => dialog.getByRole("button", { name, exact: true }).click();
  await page.goto("/ui/operations");
  await press("Acknowledge");
  await dialog.getByLabel("Your name").fill("ann");
  await dialog.getByLabel("For how long").selectOption("2h");
  await check(seen, "dialog");
  await send("Acknowledge");
  await dialog.waitFor({ state: "detached" });
  await page.getByText("ann, for another").waitFor();
  const pending = page.locator(".pending");
  await pending.getByText("Stopped", { exact: true }).waitFor();
  await pending.getByText("acknowledged by ann").waitFor();
  await page.getByRole("link", { name: "Admin panel: major outage" }).first().click();
  await page.getByText("acknowledged by ann").first().waitFor();
  await page.getByText("Cancelled", { exact: true }).waitFor();
  await press("Note");
  await dialog.getByLabel("Note").fill("the router is not mounted");
  // who they are is known by now
  assert.equal(await dialog.getByLabel("Your name").inputValue(), "ann");
  await send("Note");
  await page.getByText("the router is not mounted").first().waitFor();
  await check(seen, "incident-taken");
  await press("Silence");
  // what is missing is asked for, and escape leaves all as it was
  await send("Silence");
  assert.equal(await dialog.getByLabel("Why").evaluate((it) => it.matches(":invalid")), true);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await press("Resolve");
  await dialog.getByLabel("What it was").selectOption("real");
  await send("Resolve");
  await page.getByText("Verdict: real").waitFor();
  await page.getByText("Change the verdict").waitFor();
  await check(seen, "incident-over");
  await seen.context.close();
}

/** Somebody sees who is next, and does not wait for it. */
export async function escalate(browser, base) {
  for (const look of LOOKS) {
    const seen = await looker(browser, base, look);
    await seen.page.goto("/ui/operations");
    await seen.page.locator(".pending").getByText("To come", { exact: true }).waitFor();
    await check(seen, "operations-pending");
    await seen.context.close();
  }
  const seen = await looker(browser, base, LIGHT);
  const { page } = seen;
  const dialog = page.getByRole("dialog");
  await page.goto("/ui/operations");
  const pending = page.locator(".pending");
  assert((await pending.innerText()).includes("pagerduty/second"));
  await pending.getByRole("link", { name: "Admin panel: major outage" }).click();
  await page.locator(".escalation").getByText("Step 2 of second").waitFor();
  await page.getByRole("button", { name: "Escalate", exact: true }).click();
  await dialog.getByText("The next one: pagerduty/second").waitFor({ state: "attached" });
  await dialog.getByLabel("Why").fill("I cannot get in");
  await dialog.getByLabel("Your name").fill("ann");
  await check(seen, "dialog-escalate");
  await dialog.getByRole("button", { name: "Escalate", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText("escalated to step 2 of second by ann: I cannot get in").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".escalation")?.textContent.includes("To come"));
  await check(seen, "incident-escalated");
  // what there is no step for any more says why it is not done
  await page.getByRole("button", { name: "Escalate", exact: true }).click();
  await dialog.getByLabel("Why").fill("once more");
  await dialog.getByRole("button", { name: "Escalate", exact: true }).click();
  await dialog.getByText("every step was taken").waitFor();
  await check(seen, "dialog-refused", { expected: ["409"] });
  await seen.context.close();
}

/** The socket is lost, then nobody answers, then all comes back. */
export async function lost(browser, base) {
  const seen = await looker(browser, base, LIGHT);
  const { page } = seen;
  const sockets = [];
  let isDeaf = false;
  await page.routeWebSocket("**/api/v1/live*", (socket) => {
    if (isDeaf) return void socket.close();
    const server = socket.connectToServer();
    // a connection that broke half-way says nothing
    server.onMessage((message) => void (isDeaf || socket.send(message)));
    sockets.push(socket);
  });
  await page.goto("/");
  const link = page.locator(".link-status");
  await link.getByText("Live").waitFor();
  isDeaf = true;
  await link.getByText("Polling").waitFor();
  const age = page.locator(".freshness").first();
  await age.getByText("now").waitFor();
  await check(seen, "polling");
  await page.route("**/api/v1/status", (route) => route.abort());
  await page.getByText("The collector does not answer").waitFor();
  await link.getByText("No answer").waitFor();
  await page.locator(".freshness.old").first().waitFor();
  // the browser says itself that what it asked for did not come
  await check(seen, "lost", { expected: ["net::ERR_FAILED"] });
  isDeaf = false;
  await page.unroute("**/api/v1/status");
  await link.getByText("Live").waitFor();
  await page.getByText("The collector does not answer").waitFor({ state: "detached" });
  assert(sockets.length > 1);
  await seen.context.close();
}

/** The collector cannot see; a page loads slowly; the history cannot be read. */
export async function trouble(browser, base) {
  const status = await (await fetch(`${base}/api/v1/status`)).json();
  for (const look of LOOKS) {
    const seen = await looker(browser, base, look);
    const { page } = seen;
    await page.routeWebSocket("**/api/v1/live*", (socket) => void socket.close());
    const problems = ["nothing was evaluated in the last 12 s"];
    const blind = { ...status, collector: { ...status.collector, ready: false, problems } };
    await page.route("**/api/v1/status", (route) => route.fulfill({ json: blind }));
    await page.goto("/");
    await page.getByText("The collector cannot see").waitFor();
    await check(seen, "blind");
    const code = { status: 503, json: { error: { code: "store_unavailable", message: "the history failed" } } };
    await page.route("**/api/v1/incidents?*", (route) => route.fulfill(code));
    await page.goto("/ui/operations");
    await page.getByText("the history failed").first().waitFor();
    await check(seen, "error", { expected: ["503"] });
    await seen.context.close();
  }
  const seen = await looker(browser, base, LIGHT);
  await seen.page.routeWebSocket("**/api/v1/live*", () => {});
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await seen.page.route("**/api/v1/status", async (route) => {
    await held;
    await route.continue();
  });
  await seen.page.goto("/");
  await seen.page.locator(".loading").waitFor();
  await seen.page.screenshot();
  release();
  await seen.page.getByText("Revenue at risk").first().waitFor();
  await check(seen, "loaded");
  await seen.context.close();
}

/** A collector that asks for tokens: who has none learns nothing, who may look cannot act. */
export async function tokens(browser, base, viewer, operator) {
  for (const look of LOOKS) {
    const seen = await looker(browser, base, look);
    const { page } = seen;
    const refused = ["401", "HTTP Authentication failed"];
    const signIn = async (token) => {
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Sign in" }).click();
    };
    await page.goto("/ui/operations");
    await page.getByLabel("Token").waitFor();
    await check(seen, "login", { expected: refused });
    await signIn("bellwether_0");
    await page.getByText("This is no token of this collector.").waitFor();
    await check(seen, "login-refused", { expected: refused });
    await signIn(viewer);
    const silence = page.getByRole("button", { name: "Silence" }).first();
    await silence.waitFor();
    await page.waitForFunction(() => document.querySelector(".menu")?.textContent !== "");
    assert.equal(await silence.isDisabled(), true, "who may only look cannot act");
    await check(seen, "viewer", { expected: refused });
    const kept = await page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]));
    assert(!kept.includes(viewer), "no script reads the token");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Token").waitFor();
    await signIn(operator);
    await page.locator("button:enabled", { hasText: "Silence" }).first().waitFor();
    await seen.context.close();
  }
}

/** People sign in by an identity provider: the page leads there and back to where it was, and out again. */
export async function provider(browser, base, issuer) {
  for (const look of LOOKS) {
    const seen = await looker(browser, base, look, [issuer]);
    const { page } = seen;
    const expected = ["401", "HTTP Authentication failed"];
    const button = page.getByRole("link", { name: "Sign in with Example" });
    const signIn = async (person) => {
      await button.click();
      await page.getByPlaceholder("Enter any login").fill(person);
      await page.getByPlaceholder("and password").fill("any");
      await page.getByRole("button", { name: "Sign-in" }).click();
      await page.getByRole("button", { name: "Continue" }).click();
    };
    await page.goto("/ui/operations");
    await button.waitFor();
    await check(seen, "login-provider", { expected });
    await signIn("vic");
    const silence = page.getByRole("button", { name: "Silence" }).first();
    await silence.waitFor();
    assert.equal(new URL(page.url()).pathname, "/ui/operations", "it leads back to where one was");
    await page.waitForFunction(() => document.querySelector(".menu")?.textContent !== "");
    assert.equal(await silence.isDisabled(), true, "who may only look cannot act");
    // what the provider's own pages say is not held against ours
    seen.problems.length = 0;
    await check(seen, "viewer-provider");
    assert.equal(await page.evaluate(() => document.cookie), "", "no script reads the session");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${issuer}/**`);
    await page.getByRole("button", { name: "Yes, sign me out" }).click();
    await button.waitFor();
    assert.equal(new URL(page.url()).host, new URL(base).host, "the provider leads back");
    await signIn("gus");
    await page.getByText("has a role here").waitFor();
    seen.problems.length = 0;
    await page.locator("main").evaluate((it) => (it.id = "main"));
    await check(seen, "login-refused-provider", { expected: ["403"] });
    await page.getByRole("link", { name: "Sign in with a token" }).click();
    await page.getByLabel("Token").waitFor();
    await seen.context.close();
  }
}
