import { once } from "node:events";
import type { Browser, Page } from "puppeteer";
import { findChromium, vulkanEnvironment } from "../../scripts/environment.mjs";
import { DeviceError } from "../errors.ts";
import { endings } from "./hosts.ts";
import { type Answer, type Places, servePage } from "./pageServer.ts";
import { ScratchFolder } from "./scratchFolder.ts";
import { interrupted } from "./train/interrupt.ts";

/** The page of suggestions below an address, which a browser without a window loads all the same, takes half a second of a processor. */
export const withoutSuggestions = "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup";

/**
 * Shared memory in a file, since containers have little of /dev/shm; a GPU's clock as it is, not rounded to 0.1 ms. Puppeteer
 * itself turns background networking off.
 */
const FLAGS = [
  "--disable-dev-shm-usage",
  "--enable-unsafe-webgpu",
  "--disable-dawn-features=timestamp_quantization",
  withoutSuggestions,
];

/**
 * Flags for Linux with a GPU, whose WebGPU a headless Chromium does not use otherwise
 * (developer.chrome.com/blog/supercharge-web-ai-testing).
 */
const GPU_FLAGS = ["--use-angle=vulkan", "--enable-features=Vulkan", "--disable-vulkan-surface"];

/** Chromium refuses to run as root within its sandbox. */
const ROOT_FLAGS = process.getuid?.() === 0 ? ["--no-sandbox"] : [];

/** A browser starts slowly on a busy machine. */
const startMilliseconds = 300_000;

/** Work for a page of headless Chromium. */
export interface PageRun {
  /** Folders that the page can fetch from. */
  readonly places: Places;
  /** Whether the page is cross-origin isolated, as threads need. */
  readonly isolated: boolean;
  /** Whether WebGPU runs on SwiftShader, the one software adapter that Chromium takes. */
  readonly software: boolean;
  /**
   * JavaScript, an expression that is awaited; text, so that no compiler's additions come along. It may call `report`, and
   * finds the folders by paths that begin with `./`.
   */
  readonly script: string;
  /** Called with what the script reports; its result is the answer. */
  readonly report: (value: never) => unknown;
  /** Answers requests for what is not in the folders. */
  readonly answer?: Answer;
  /** Whether the caller hears interrupts by itself: the browser ends when the work does. Default: they end it at once. */
  readonly keepOnInterrupt?: boolean;
  /** Milliseconds without a report after which the page is held to hang. */
  readonly silence: number;
}

/** @throws DeviceError if there is no Chromium, the page fails, or it falls silent. */
export async function runInPage(run: PageRun): Promise<void> {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw missing("no Chromium found", "run scripts/setup.sh, or see crf-rnn doctor");
  const name = "puppeteer"; // for development and benchmarks only, so not among the package's dependencies
  const { default: puppeteer } = await (import(name) as Promise<typeof import("puppeteer")>).catch(() => {
    throw missing("no package puppeteer", "npm install --save-dev puppeteer");
  });
  using scratch = new ScratchFolder();
  const server = await servePage(run.places, run.isolated, run.answer);
  const temporary = process.platform === "linux" && { TMPDIR: scratch.folder("t") }; // elsewhere that path would be too long
  const env = { ...process.env, ...vulkanEnvironment(executablePath), ...temporary };
  const adapter = run.software ? ["--use-webgpu-adapter=swiftshader"] : process.platform === "linux" ? GPU_FLAGS : [];
  const args = [...ROOT_FLAGS, ...FLAGS, ...adapter];
  // The browser is controlled through a pipe. No other process can reach it, and its end ends the browser however this
  // process dies.
  const pipe = { pipe: true, userDataDir: scratch.folder("profile"), protocolTimeout: 0, timeout: startMilliseconds };
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  const end = (): never => process.exit(interrupted);
  if (!run.keepOnInterrupt) for (const signal of endings) process.on(signal, end);
  try {
    const browser = await puppeteer
      .launch({ executablePath, args, env, ...pipe, ...signals })
      .catch((error: unknown) => {
        const remedy = "where it misses a sandbox, allow user namespaces or run as root; see crf-rnn doctor";
        throw missing(inOneLine(String(error)), remedy);
      });
    await workIn(browser, server.url, run);
  } finally {
    server.close();
    for (const signal of endings) process.off(signal, end);
  }
}

/** Does the work in a page of its own, and closes the browser. */
async function workIn(browser: Browser, url: string, run: PageRun): Promise<void> {
  const chatter: string[] = [];
  const program = browser.process()!;
  // Calls that are under way when the browser ends are not all told by the library.
  const exit = program.exitCode !== null || program.signalCode !== null ? Promise.resolve() : once(program, "exit");
  const gone = exit.then(() => Promise.reject(new Error("the browser ended")));
  gone.catch(() => {});
  const work = async (): Promise<void> => {
    const page = await browser.newPage();
    page.on("console", (message) => chatter.push(message.text()));
    page.on("pageerror", (error) => chatter.push(String(error)));
    await page.goto(url, { timeout: startMilliseconds });
    const actual = await page.evaluate("crossOriginIsolated");
    if (actual !== run.isolated) throw new Error(`the page has crossOriginIsolated = ${String(actual)}`);
    await evaluate(page, run);
  };
  try {
    await Promise.race([work(), gone]);
  } catch (error) {
    const said = inOneLine([String(error), ...chatter.slice(-40)].join("; "));
    throw new DeviceError({ where: "Chromium", expected: "the page to do its work", got: said }, { cause: error });
  } finally {
    // A browser that hangs does not answer a polite request.
    const kill = setTimeout(() => program.kill("SIGKILL"), 10_000);
    await Promise.race([browser.close().catch(() => {}), exit]);
    await exit;
    clearTimeout(kill);
  }
}

async function evaluate(page: Page, { script, report, silence }: PageRun): Promise<void> {
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => (fail = reject));
  const watch = setTimeout(() => fail(new Error(`silent for ${silence} ms`)), silence);
  page.on("error", (error) => fail(new Error(`crashed: ${error}`)));
  await page.exposeFunction("report", (value: never) => {
    watch.refresh();
    return report(value);
  });
  await Promise.race([page.evaluate(script), failure]).finally(() => clearTimeout(watch));
}

const inOneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, " ");

const missing = (got: string, remedy: string): DeviceError =>
  new DeviceError({ where: "Chromium", expected: "a browser to run", got, remedy });
