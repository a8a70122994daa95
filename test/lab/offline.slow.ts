import { cp, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Browser, Page } from "puppeteer";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtLab } from "./build.ts";
import { hosting } from "./host.ts";
import { browsing, type LabPage, openPage } from "./visit.ts";

const isolation = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const rooms = ["refine", "inside", "learn", "measure"];

let built: string;
let copies: string;

beforeAll(async () => {
  built = await builtLab();
  copies = await mkdtemp(join(tmpdir(), "crf-rnn-lab-"));
});
afterAll(() => rm(copies, { recursive: true }));

/** Files of the lab that are not kept from the beginning. */
async function largeFiles(): Promise<string[]> {
  const names = await readdir(join(built, "assets"));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(built, "assets", name))).size));
  return names.filter((name, i) => sizes[i]! > 4 * 2 ** 20 && !name.endsWith(".map")).map((name) => `assets/${name}`);
}

/** Counts how often the page is loaded. */
async function openCounting(browser: Browser, url: string): Promise<LabPage & { readonly loads: () => number }> {
  let count = 0;
  browser.on("targetcreated", (target) => {
    void target.page().then((page) => page?.on("domcontentloaded", () => count++));
  });
  const lab = await openPage(browser, url, {}, true);
  return { ...lab, loads: () => count };
}

const text = "It works without a connection, too.";
const isKept = (page: Page): Promise<unknown> =>
  page.waitForFunction((words) => document.querySelector("footer")?.textContent.includes(words), {}, text);

/** What a page complains of, but for requests that ended because it was loaded anew. */
const seriousOf = ({ complaints }: LabPage): string[] => complaints.filter((each) => !each.includes("ERR_ABORTED"));

/** Waits for a room on a page that may load itself once more meanwhile, which ends a wait. */
async function roomIsThere(page: Page, room: string): Promise<void> {
  const wait = (): Promise<unknown> => page.waitForSelector(`#room-${room}[data-ready]:not([hidden])`);
  await wait().catch(wait);
}

/** The number of threads that the room for measuring has, when it asks for two. */
async function threads(page: Page): Promise<string> {
  await page.waitForFunction(() => document.querySelector(".chip-text")?.textContent.includes("thread"));
  return page.$eval(".chip-text", ({ textContent }) => textContent);
}

test("a host without headers: the first visit isolates the page by one reload, and then all is there without the host", async () => {
  await hosting(built, { base: "/some/where/" }, (host) =>
    browsing({}, async (browser) => {
      const lab = await openCounting(browser, `${host.url}#measure?device=wasm&threads=2`);
      const { page } = lab;
      await page.waitForFunction("crossOriginIsolated");
      await isKept(page);
      expect(await threads(page)).toBe("WASM, 2 threads");
      expect(lab.loads()).toBe(2);

      // What is large, the runtime for networks, is kept once it was used.
      const large = await largeFiles();
      expect(large.length).toBeGreaterThan(0);
      const used = large[0]!;
      expect(await page.evaluate(async (file) => (await caches.match(file)) === undefined, used)).toBe(true);
      const bytes = (file: string): Promise<number> =>
        page.evaluate(async (path) => (await (await fetch(path)).arrayBuffer()).byteLength, file);
      const size = await bytes(used);

      host.stop();
      expect(await bytes(used)).toBe(size);
      for (const room of rooms) {
        // Another address and the page anew, not just another hash.
        await page.goto(`${host.url}?${room}#${room}?device=wasm&threads=2`);
        await roomIsThere(page, room);
        expect(await page.evaluate("crossOriginIsolated"), room).toBe(true);
        await page.waitForFunction(() => !document.querySelector(".chip-text")?.textContent.includes("Opening"));
        expect(await lab.notices(), room).toEqual([]);
      }
      await roomIsThere(page, "measure");
      expect(await threads(page)).toBe("WASM, 2 threads");
      expect(seriousOf(lab)).toEqual([]);
    }),
  );
});

test("a host that isolates: nothing is loaded twice, and it works without the host", async () => {
  await hosting(built, { headers: isolation }, (host) =>
    browsing({}, async (browser) => {
      const lab = await openCounting(browser, host.url);
      await isKept(lab.page);
      expect(lab.loads()).toBe(1);
      host.stop();
      await lab.page.reload();
      await roomIsThere(lab.page, "refine");
      expect(await lab.page.evaluate("crossOriginIsolated")).toBe(true);
      expect(lab.complaints).toEqual([]);
    }),
  );
});

test("a reader who has begun is asked, and not interrupted", async () => {
  await hosting(built, {}, (host) =>
    browsing({}, async (browser) => {
      let release = (): void => {};
      host.held.set("/serviceWorker.js", new Promise((resolve) => (release = resolve)));
      const lab = await openCounting(browser, host.url);
      await lab.page.keyboard.press("Tab");
      release();
      await lab.page.waitForFunction(() => document.querySelector(".notices")?.textContent.includes("every processor"));
      await isKept(lab.page);
      expect(lab.loads()).toBe(1);
      const button = await lab.page.waitForSelector("xpath///button[contains(., 'Load again')]");
      await Promise.all([lab.page.waitForNavigation(), button!.click()]);
      expect(await lab.page.evaluate("crossOriginIsolated")).toBe(true);
      expect(lab.loads()).toBe(2);
    }),
  );
});

test("within another page it neither reloads nor keeps", async () => {
  const outer = join(copies, "outer");
  await cp(built, join(outer, "lab"), { recursive: true });
  await writeFile(join(outer, "index.html"), '<!doctype html><title>outer</title><iframe src="lab/"></iframe>');
  await hosting(outer, {}, (host) =>
    browsing({}, async (browser) => {
      const page = await browser.newPage();
      await page.goto(host.url);
      const frame = await page.waitForFrame((each) => each.url().endsWith("/lab/"));
      await frame.waitForSelector("section[data-ready]");
      await page.waitForNetworkIdle();
      expect(host.asked.filter((path) => path === "/lab/")).toHaveLength(1);
      expect(host.asked).not.toContain("/lab/serviceWorker.js");
    }),
  );
});

test("where service workers are forbidden, or isolate nothing, it works with one thread and is loaded at most once more", async () => {
  const forbidding = {
    "no secure connection": "",
    "refused by the browser":
      "navigator.serviceWorker.register = () => Promise.reject(new DOMException('Not here.', 'SecurityError'))",
    "adds nothing": "",
  };
  // A service worker that does nothing, as one that a browser passes over.
  const idle = join(copies, "idle");
  await cp(built, idle, { recursive: true });
  await writeFile(join(idle, "serviceWorker.js"), "");
  await hosting(built, {}, (host) =>
    browsing({ words: ["--host-resolver-rules=MAP lab.example 127.0.0.1"] }, async (browser) => {
      for (const [how, script] of Object.entries(forbidding)) {
        const context = await browser.createBrowserContext();
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on("pageerror", (error) => complaints.push(String(error)));
        page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
        let loads = 0;
        page.on("domcontentloaded", () => loads++);
        if (script) await page.evaluateOnNewDocument(script);
        host.folder = how === "adds nothing" ? idle : built;
        const name = how === "no secure connection" ? host.url.replace("127.0.0.1", "lab.example") : host.url;
        await page.goto(`${name}#measure?device=wasm&threads=2`);
        await roomIsThere(page, "measure");
        if (how === "adds nothing") {
          await page.waitForFunction("performance.getEntriesByType('navigation')[0].type === 'reload'");
          await wait(1500);
        }
        expect(await threads(page), how).toBe("WASM, 1 thread");
        expect(loads, how).toBe(how === "adds nothing" ? 2 : 1);
        expect(complaints, how).toEqual([]);
        await context.close();
      }
    }),
  );
});

test("a new version is told of, begins when the reader says so, and is the one that is kept", async () => {
  const next = join(copies, "next");
  await cp(built, next, { recursive: true });
  const change = async (file: string, from: RegExp, to: string): Promise<void> => {
    const before = await readFile(join(next, file), "utf8");
    await writeFile(join(next, file), before.replace(from, to));
  };
  // What is built anew has another name, wherever it is named.
  const [, name = ""] = /assets\/(index-[\w-]+)\.js/.exec(await readFile(join(built, "index.html"), "utf8"))!;
  await rename(join(next, `assets/${name}.js`), join(next, "assets/index-next.js"));
  for (const file of await readdir(next, { recursive: true })) {
    if (/\.(js|html)$/.test(file)) await change(file, new RegExp(name, "g"), "index-next");
  }
  await change("serviceWorker.js", /(?<=["'`])[0-9a-f]{16}(?=["'`])/g, "fedcba9876543210");
  await hosting(built, { headers: isolation }, (host) =>
    browsing({}, async (browser) => {
      const lab = await openPage(browser, host.url, {}, true);
      const { page } = lab;
      await isKept(page);
      // From now on the page comes by the service worker.
      await page.reload();
      await isKept(page);
      host.folder = next;
      const come = (): Promise<void> => page.evaluate(() => void document.dispatchEvent(new Event("visibilitychange")));
      await come();
      await page.waitForFunction(() => document.querySelector(".notices")?.textContent.includes("new version"));
      // A part of the version before is still there for this page.
      await page.click("nav a:last-child");
      await roomIsThere(page, "measure");
      const button = await page.waitForSelector("xpath///button[contains(., 'Load again')]");
      await Promise.all([page.waitForNavigation(), button!.click()]);
      await roomIsThere(page, "measure");
      expect(await page.$("script[src*='index-next']")).not.toBeNull();
      await isKept(page);
      expect(await lab.notices()).toEqual([]);

      host.stop();
      await page.reload();
      await roomIsThere(page, "measure");
      expect(await page.$("script[src*='index-next']")).not.toBeNull();
      expect(seriousOf(lab)).toEqual([]);
    }),
  );
});

test("it can be installed", async () => {
  const manifest = JSON.parse(await readFile(join(built, "lab.webmanifest"), "utf8"));
  for (const { src, sizes } of manifest.icons) {
    const { width, height } = await sharp(join(built, src)).metadata();
    expect(`${width}x${height}`).toBe(sizes);
  }
  await hosting(built, { headers: isolation }, (host) =>
    browsing({}, async (browser) => {
      const { page } = await openPage(browser, host.url, {}, true);
      const session = await page.createCDPSession();
      expect((await session.send("Page.getAppManifest")).errors).toEqual([]);
      const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
      // A context of its own is one that browsers install nothing from.
      expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual([]);
    }),
  );
});
