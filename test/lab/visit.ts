import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, launch, type Page } from "puppeteer";
import { findChromium } from "../../scripts/environment.mjs";
import { withoutSuggestions } from "../../src/cli/chromium.ts";
import { serving } from "../examples/visit.ts";
import { root } from "../hosts/folders.ts";
import { builtLab } from "./build.ts";

/** How the lab is served and looked at. */
export interface Visit {
  /** Whether the host sends the headers that isolate the page, so that WebAssembly has threads. Default: it does. */
  readonly isolated?: boolean;
  /** Whether there is WebGPU, on SwiftShader, which has to be asked for: `#refine?device=webgpu`. Default: there is none. */
  readonly webgpu?: boolean;
  /** Whether the page may keep itself by its service worker, which also isolates it. Default: it may not. */
  readonly offline?: boolean;
  /** Whether there is a camera, which shows a test picture. Default: there is none. */
  readonly camera?: boolean;
  /** More words for the command line of Chromium. */
  readonly words?: readonly string[];
}

/** How one page is opened. */
export interface View {
  /** Width and height of the window. Default: 1440 by 900. */
  readonly size?: readonly [width: number, height: number];
  /** Default: light. */
  readonly scheme?: "light" | "dark";
  /** A finger in place of a mouse. */
  readonly touch?: boolean;
}

/** A page of the lab. */
export interface LabPage {
  readonly page: Page;
  /** What the page complained of so far: errors in the console or thrown, requests that failed. */
  readonly complaints: readonly string[];
  /** How far things jumped without anybody having touched the page: the sum of layout shifts. */
  shifts(): Promise<number>;
  /** Turns the system to another color scheme. */
  dress(scheme: "light" | "dark"): Promise<void>;
  /** The texts of the notices on view. */
  notices(): Promise<string[]>;
  /** What axe-core finds wrong for people who see, hear or move differently: a line for each rule and place. */
  barriers(): Promise<string[]>;
  /** Keeps a picture of the page as an artifact: `$LAB_SCREENSHOTS/NAME.png`, or in build/lab-screenshots. */
  screenshot(name: string, options?: { readonly whole?: boolean }): Promise<void>;
}

/** The lab in a browser. */
export interface Lab {
  readonly url: string;
  readonly browser: Browser;
  /** Opens a page at a hash such as `#refine?device=wasm&threads=1`, and waits until its room is there. */
  open(hash?: string, view?: View): Promise<LabPage>;
}

const adapter = {
  true: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
  false: ["--disable-features=WebGPUService"],
};

const fakeCamera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** Builds the lab if it has changed, serves it, and opens Chromium while `work` runs. */
export async function visitLab<Result>(how: Visit, work: (lab: Lab) => Promise<Result>): Promise<Result> {
  return visitFolder(await builtLab(), how, work);
}

/** Does the same with another folder of a page. */
export async function visitFolder<Result>(
  folder: string,
  how: Visit,
  work: (lab: Lab) => Promise<Result>,
): Promise<Result> {
  return serving(folder, how.isolated ?? true, (url) =>
    browsing(how, (browser) =>
      work({ url, browser, open: (hash, view) => openPage(browser, `${url}${hash ?? ""}`, view, how.offline) }),
    ),
  );
}

/** Opens Chromium while `work` runs. */
export async function browsing<Result>(
  { webgpu = false, camera = false, words = [] }: Visit,
  work: (browser: Browser) => Promise<Result>,
): Promise<Result> {
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const args = [
    ...sandbox,
    "--disable-dev-shm-usage",
    withoutSuggestions,
    ...adapter[`${webgpu}`],
    ...(camera ? fakeCamera : []),
    ...words,
  ];
  const browser = await launch({
    executablePath: await findChromium(),
    args,
    pipe: true,
    timeout: 300_000,
    protocolTimeout: 0,
  });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/** Opens a page of the lab at a whole address, and waits until its room is there. */
export async function openPage(
  browser: Browser,
  address: string,
  { size: [width, height] = [1440, 900], scheme = "light", touch = false }: View = {},
  offline = false,
): Promise<LabPage> {
  // A context of its own, so that nothing that one page stores is found by the next.
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed: ${request.failure()?.errorText}`));
  await page.setViewport({ width, height, hasTouch: touch, isMobile: touch });
  const dress = async (value: "light" | "dark"): Promise<void> => {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
    // Colors change in a moment's time.
    await page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      const moving = document.getAnimations().filter((one) => one instanceof CSSTransition);
      await Promise.allSettled(moving.map((one) => one.finished));
    });
  };
  await dress(scheme);
  await page.evaluateOnNewDocument(() => {
    const page = globalThis as unknown as { layoutShifts: number };
    page.layoutShifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
        if (!entry.hadRecentInput) page.layoutShifts += entry.value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  if (!offline) {
    await page.evaluateOnNewDocument(() =>
      Object.defineProperty(Navigator.prototype, "serviceWorker", { value: undefined }),
    );
  }
  await page.goto(address, { timeout: 300_000 });
  // A page may load itself again, so nothing of it is held.
  const isThere = "document.querySelector('section[data-ready]:not([hidden])') !== null";
  await page.waitForFunction(isThere, { timeout: 60_000 }).catch((error: unknown) => {
    throw new Error([String(error), ...complaints].join("\n"), { cause: error });
  });
  return {
    page,
    complaints,
    dress,
    shifts: () => page.evaluate("layoutShifts") as Promise<number>,
    notices: () => page.$$eval(".notices .notice p", (all) => all.map(({ textContent }) => textContent)),
    barriers: () => findBarriers(page),
    screenshot: async (name, { whole = false } = {}) => {
      const to = process.env.LAB_SCREENSHOTS ?? join(root, "build/lab-screenshots");
      await mkdir(to, { recursive: true });
      await page.screenshot({ path: join(to, `${name}.png`), fullPage: whole });
    },
  };
}

async function findBarriers(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source);
  const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
  );
}
