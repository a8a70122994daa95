import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { promisify } from "node:util";
import axe, { type AxeResults } from "axe-core";
import { type Browser, launch, type Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guide, type Entry } from "../../docs/.vitepress/pages.ts";
import { entries, importName } from "../../scripts/entries.mjs";
import { findChromium } from "../../scripts/environment.mjs";
import { serveSite } from "../../scripts/site/serve.mjs";
import { program } from "../../src/cli/cli.ts";
import { Folder } from "../cli/command.ts";
import { root } from "../hosts/folders.ts";

const run = promisify(execFile);
const script = `${root}scripts/site.mjs`;
const base = "/some/where/";

/** What `npm run site` makes besides the site. */
const made = ["docs/api", "docs/commands", "docs/public/generated", "build/site"];

const whole = (entry: Entry): Entry[] => [entry, ...(entry.items ?? []).flatMap(whole)];
const listed = guide.flatMap(({ items }) => items.flatMap(whole)).map(({ page }) => page);

let folder: Folder;
let said: string;
const out = (path = ""): string => folder.file(`site/${path}`);
const text = (path: string): string => readFileSync(out(path), "utf8");

beforeAll(async () => {
  folder = new Folder();
  for (const path of made) rmSync(`${root}${path}`, { recursive: true, force: true });
  const { stdout } = await run(process.execPath, [script, "--base", base, "--out", out()], { maxBuffer: 2 ** 26 });
  said = stdout;
});

afterAll(() => folder[Symbol.dispose]());

describe("the site, from nothing, for a host that serves it below a path", () => {
  test("is built in stages that say what they do, and its links hold", () => {
    for (const stage of ["API reference", "command-line reference", "pictures", "pages", "links"]) {
      expect(said).toContain(`${stage} …\n`);
    }
    expect(said).toMatch(/links: all hold in \d{3} pages; \d+ lead elsewhere/);
    expect(readFileSync(`${root}build/site/elsewhere.txt`, "utf8")).toMatch(/^https:/m);
  });

  test("has every page of docs/, and names every one in its sidebar", () => {
    const sources = readdirSync(`${root}docs`, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".md") && !/^(api|commands|\.vitepress)\//.test(file))
      .map((file) => file.slice(0, -".md".length));
    expect([...listed, "index", "the-lab"].sort()).toEqual(sources.sort());
    for (const page of sources) expect(existsSync(out(`${page}.html`)), page).toBe(true);
  });

  test.each(Object.entries(entries))("has the entry %s, with all that it exports", async (name, { source }) => {
    const module = (await import(/* @vite-ignore */ `${root}${source}`)) as object;
    const index = text(`api/${importName(name)}/index.html`);
    expect(index).toContain(`<h1 id="${importName(name).replace("/", "-")}"`);
    expect(Object.keys(module).filter((exported) => !index.includes(`>${exported}<`))).toEqual([]);
    expect(text("api/index.html")).toContain(`href="${base}api/${importName(name)}/"`);
  });

  test.each(program().commands.map((command) => [command.name(), command] as const))(
    "has the command %s, with its flags",
    (name, command) => {
      const page = text(`commands/${name}.html`);
      const overview = text("commands/index.html");
      const escaped = (flags: string): string => flags.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
      const missing = command.options.filter(
        ({ flags }) => ![page, overview].some((all) => all.includes(escaped(flags))),
      );
      expect(missing.map(({ flags }) => flags)).toEqual([]);
      expect(overview).toContain(`href="${base}commands/${name}.html"`);
    },
  );
});

describe("a reader of the site", () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serveSite>>;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    server = await serveSite(out(), { base });
    const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const args = [...sandbox, "--disable-dev-shm-usage"];
    browser = await launch({ executablePath: await findChromium(), args, pipe: true, timeout: 300_000 });
    page = await browser.newPage();
    await page.setViewport({ width: 1440, height: 900 });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("response", (response) => response.status() >= 400 && complaints.push(response.url()));
  });

  afterAll(async () => {
    await browser.close();
    server.close();
  });

  test("wipes between the drawing and what was made of it, by pointer and by keys", async () => {
    await page.goto(server.url, { waitUntil: "networkidle0" });
    const shown = async (): Promise<string> => page.$eval(".before", (image) => getComputedStyle(image).clipPath);
    const share = async (): Promise<number> => page.$eval("input[type=range]", (input) => Number(input.value));
    expect(await share()).toBe(50);
    const before = await shown();
    const { x, y, width, height } = (await (await page.$(".pictures"))!.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 5, y + height / 2, { steps: 4 });
    await page.mouse.up();
    expect(Math.abs((await share()) - 20)).toBeLessThan(1.5);
    expect(await shown()).not.toBe(before);
    await page.keyboard.press("Home");
    expect(await share()).toBe(0);
    await page.keyboard.press("ArrowRight");
    expect(await share()).toBe(0.5);
    const loaded = await page.$$eval(".wipe img", (images) => images.map(({ naturalWidth }) => naturalWidth));
    expect(loaded).toEqual([790, 790]);
  });

  test("finds a function by its name, and comes to its page", async () => {
    await page.goto(`${server.url}start.html`, { waitUntil: "networkidle0" });
    await page.click("#local-search button");
    const words = await page.waitForSelector("#localsearch-input");
    await words!.type("bilateralFeatures");
    const first = await page.waitForSelector('#localsearch-list a[href*="functions/bilateralFeatures"]');
    await first!.click();
    await page.waitForFunction('document.querySelector("h1")?.textContent.includes("bilateralFeatures")');
  });

  test("sees light or dark, as the system has it", async () => {
    const ground = async (value: string): Promise<string> => {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      await page.goto(`${server.url}glossary.html`, { waitUntil: "networkidle0" });
      return page.evaluate("getComputedStyle(document.body).backgroundColor") as Promise<string>;
    };
    expect(await ground("light")).not.toBe(await ground("dark"));
  });

  test("chooses the other scheme, which diagrams and frames hear of, too", async () => {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    await page.goto(`${server.url}lattice.html`, { waitUntil: "networkidle0" });
    const figure = async (): Promise<string> => {
      const shown = await page.$('img[src*="simplex"]');
      await shown!.scrollIntoView();
      return shown!.screenshot({ encoding: "base64" });
    };
    const before = await figure();
    await page.click(".VPSwitchAppearance");
    await page.waitForFunction('getComputedStyle(document.documentElement).colorScheme === "dark"');
    expect(await figure()).not.toBe(before);
    await page.click(".VPSwitchAppearance"); // which forgets the choice
  });

  test.each(["", "start.html", "the-lab.html", "api/crf-rnn/functions/refine.html", "commands/train.html"])(
    "has no serious difficulty with /%s in light or dark, by axe-core",
    async (path) => {
      for (const value of ["light", "dark"]) {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
        await page.goto(`${server.url}${path}`, { waitUntil: "networkidle0" });
        await page.addScriptTag({ content: axe.source });
        const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
        expect(
          violations.filter(({ impact }) => impact !== "minor").map(({ id, nodes }) => [id, nodes[0]!.html]),
        ).toEqual([]);
      }
    },
  );

  test("meets no error and nothing that is missing on the way", () => {
    expect(complaints).toEqual([]);
  });
});

describe("npm run site", () => {
  test("refuses a folder that holds something else", async () => {
    folder.write("precious.txt", "mine");
    const failure = await run(process.execPath, [script, "--out", folder.path]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining("holds something else than a site") });
    expect(existsSync(folder.file("precious.txt"))).toBe(true);
  });

  test.each(["crf-rnn", "/crf-rnn", "crf-rnn/", "/a b/", "//"])(
    "refuses the base %s in one sentence",
    async (wrong) => {
      const failure = await run(process.execPath, [script, "--base", wrong]).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("a path that begins and ends with a slash"),
      });
    },
  );
});

describe("npm run lab", () => {
  /** Starts the lab and hands out what it says, once it serves. */
  async function start(): Promise<{ server: ChildProcess; printed: string; url: string }> {
    const server = spawn(process.execPath, [`${root}scripts/lab.mjs`, "--no-open", "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    for await (const piece of server.stdout) {
      printed += String(piece);
      const url = /the site at (\S+);/.exec(printed)?.[1];
      if (url) return { server, printed, url };
    }
    throw new Error(printed);
  }

  test("builds what is missing, serves it isolated, builds nothing the second time, and ends when it is told to", async () => {
    rmSync(`${root}site`, { recursive: true, force: true });
    const first = await start();
    expect(first.printed).toContain("API reference …");
    const answer = await fetch(first.url);
    expect(answer.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect(await answer.text()).toContain("crf-rnn");
    first.server.kill("SIGINT");
    await once(first.server, "exit");
    const second = await start();
    expect(second.printed).not.toContain("…");
    second.server.kill("SIGTERM");
    expect(await once(second.server, "exit")).toEqual([0, null]);
  });
});
