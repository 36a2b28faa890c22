// What people see, and do.
import { LOOKS, check, looker } from "./browser.mjs";

/** Every page, with what says that it shows what it should. */
async function everyPage(browser, base, state, pages) {
  for (const look of LOOKS) {
    const seen = await looker(browser, base, look);
    for (const [name, path, shown] of pages) {
      await seen.page.goto(path);
      await seen.page.getByText(shown).first().waitFor();
      await check(seen, `${name}-${state}`);
    }
    await seen.context.close();
  }
}

/** Nothing reported yet. */
export const empty = (browser, base) =>
  everyPage(browser, base, "empty", [["executive", "/", "Not everything is known yet"]]);

/** All is well. */
export const well = (browser, base) => everyPage(browser, base, "well", [["executive", "/", "Everything works"]]);

/** The admin panel is gone, and with it an opportunity at risk. */
export const outage = (browser, base) =>
  everyPage(browser, base, "outage", [["executive", "/", "Admin panel does not work."]]);
