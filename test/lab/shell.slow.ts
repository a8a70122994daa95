import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { builtLab } from "./build.ts";
import { visitLab } from "./visit.ts";

const rooms = [
  ["refine", "Refine"],
  ["inside", "Look inside"],
  ["learn", "Learn"],
  ["measure", "Measure"],
] as const;

/** The name of the room on view. */
const onView = "document.querySelector('main > section[data-ready]:not([hidden])')?.id.slice(5)";

test("the first paint loads less than 60 kB gzipped", async () => {
  const folder = await builtLab();
  const html = await readFile(join(folder, "index.html"), "utf8");
  const loaded = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, file]) => file!);
  expect(loaded.some((file) => file.endsWith(".js")) && loaded.some((file) => file.endsWith(".css"))).toBe(true);
  const files = await Promise.all(["index.html", ...loaded].map((file) => readFile(join(folder, file))));
  const bytes = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  expect(bytes).toBeLessThan(60_000);
});

test("has no barriers, at three sizes and in both schemes, and nothing moves by itself", () =>
  visitLab({}, async (lab) => {
    for (const width of [360, 820, 1440]) {
      const size = [width, width < 500 ? 740 : 900] as const;
      const { page, dress, barriers, complaints, shifts, screenshot } = await lab.open("#measure", {
        size,
        touch: width < 500,
      });
      await screenshot(`shell-${width}-light`);
      await page.click(".chip");
      await page.waitForSelector("#device:popover-open");
      for (const scheme of ["light", "dark"] as const) {
        await dress(scheme);
        await screenshot(`device-${width}-${scheme}`);
        expect(await barriers()).toEqual([]);
      }
      expect(await shifts()).toBe(0);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      expect(complaints).toEqual([]);
      await page.close();
    }
  }));

test("rooms are reached by keyboard, by address and by going back, and each is loaded when it is first visited", () =>
  visitLab({}, async (lab) => {
    const { page, complaints, notices } = await lab.open();
    expect(await page.evaluate(onView)).toBe("refine");
    expect(await page.$$eval("main > section", (all) => all.length)).toBe(1);
    for (const [name, title] of rooms) {
      // From the beginning of the page: past the link that skips to the room and the name, along the rooms.
      await page.evaluate(
        "document.activeElement.blur(); getSelection().removeAllRanges(); document.querySelector('.skip').focus()",
      );
      for (;;) {
        await page.keyboard.press("Tab");
        if ((await page.evaluate("document.activeElement.textContent")) === title) break;
      }
      await page.keyboard.press("Enter");
      await page.waitForFunction(`${onView} === '${name}'`);
      expect(await page.title()).toBe(`${title} · crf-rnn lab`);
      expect(await page.$eval("[aria-current=page]", ({ textContent }) => textContent)).toBe(title);
      expect(await page.$eval("main h1", (all) => all.textContent)).toBeTruthy();
    }
    await page.goBack();
    await page.waitForFunction(`${onView} === 'learn'`);
    await page.evaluate("location.hash = '#kitchen'");
    await page.waitForFunction(`${onView} === 'refine'`);
    expect(await notices()).toEqual(["Warning: There is no room named “kitchen” here; this is “Refine”."]);
    await page.click("[aria-label='Close this notice']");
    expect(await notices()).toEqual([]);
    await page.waitForFunction("location.hash === '#refine'");
    await page.focus(".skip");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("[document.activeElement.id, location.hash]")).toEqual(["main", "#refine"]);
    expect(complaints).toEqual([]);
  }));

test("the device is chosen by keyboard, and the address keeps it in every room", () =>
  visitLab({}, async (lab) => {
    const { page } = await lab.open("#learn");
    await page.focus(".chip");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#device:popover-open");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.value")).toBe("auto");
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction("location.hash === '#learn?device=wasm'");
    await page.select("#device select", "1");
    await page.waitForFunction("location.hash === '#learn?device=wasm&threads=1'");
    await page.keyboard.press("Escape");
    expect(await page.evaluate("document.activeElement.className")).toBe("chip");
    await page.click("nav a:last-child");
    await page.waitForFunction(`${onView} === 'measure'`);
    expect(await page.evaluate("location.hash")).toBe("#measure?device=wasm&threads=1");
  }));

test("the color scheme is the system's until another is chosen, which is kept", () =>
  visitLab({}, async (lab) => {
    const { page } = await lab.open("", { scheme: "dark" });
    const lightness = `Number(/oklch\\((\\S+)/.exec(getComputedStyle(document.documentElement).backgroundColor)[1])`;
    const button = "[aria-label^='Color scheme']";
    expect(await page.evaluate(lightness)).toBeLessThan(0.3);
    await page.click(button);
    expect(await page.evaluate(lightness)).toBeGreaterThan(0.9);
    await page.reload();
    await page.waitForSelector(button);
    expect(await page.evaluate(lightness)).toBeGreaterThan(0.9);
    expect(await page.$eval(button, ({ ariaLabel }) => ariaLabel)).toBe("Color scheme: light. Switch to dark");
    await page.click(button);
    await page.click(button);
    expect(await page.$eval(button, ({ ariaLabel }) => ariaLabel)).toMatch(/^Color scheme: as the system has it/);
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBeUndefined();
  }));

test("what nobody catches, and a room that cannot be loaded, are sentences in the page", () =>
  visitLab({}, async (lab) => {
    const { page, notices } = await lab.open();
    await page.evaluate("void Promise.reject(new Error('The picture has no pixels.'))");
    await page.waitForSelector(".notice");
    expect(await notices()).toEqual(["Error: The picture has no pixels."]);
    await page.evaluate("dispatchEvent(new ErrorEvent('error', { message: 'ResizeObserver loop completed' }))");
    expect(await notices()).toHaveLength(1);
    // A file that is dropped beside its place does not take the page's.
    const kept = await page.evaluate(`{
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["x"], "x.png"));
      const event = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
      document.querySelector("header").dispatchEvent(event);
      event.defaultPrevented;
    }`);
    expect(kept).toBe(true);

    await page.setOfflineMode(true);
    await page.click("nav a:last-child");
    await page.waitForSelector(".broken");
    expect(await page.$eval(".broken p", ({ textContent }) => textContent)).toBe(
      "Error: “Measure” could not be loaded; the connection may be gone.",
    );
    await page.setOfflineMode(false);
    await page.click(".broken .button");
    await page.waitForFunction(`${onView} === 'measure' && !document.querySelector('.broken')`);
  }));

test("where the host sends no headers, the page isolates itself, and it is there without a connection, with every room", () =>
  visitLab({ isolated: false, offline: true }, async (lab) => {
    const { page, complaints } = await lab.open();
    // It loads itself again, once.
    await page.waitForFunction("crossOriginIsolated && document.readyState === 'complete'");
    await page.waitForFunction(`${onView} === 'refine'`);
    await page.waitForFunction("document.querySelector('footer').textContent.includes('without a connection')");
    await page.setOfflineMode(true);
    await page.goto(`${lab.url}#measure`);
    await page.reload();
    for (const [name] of rooms) {
      await page.evaluate(`location.hash = '#${name}'`);
      await page.waitForFunction(`${onView} === '${name}'`);
    }
    expect(await page.$(".broken")).toBeNull();
    expect(await page.evaluate("crossOriginIsolated")).toBe(true);
    expect(complaints).toEqual([]);
  }));
