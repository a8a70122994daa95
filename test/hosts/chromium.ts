import puppeteer, { type Page } from "puppeteer";
import { findChromium, vulkanEnvironment } from "../../scripts/environment.mjs";
import { SILENCE_MILLISECONDS } from "./child.ts";
import { findFolders, type Folders } from "./folders.ts";
import type { DeviceChoice, Report } from "./runner.ts";
import { servePage } from "./server.ts";

/**
 * No sandbox, since containers give it no namespaces; SwiftShader, since Chromium refuses other software adapters;
 * shared memory in a file, since containers have little of /dev/shm. Puppeteer itself turns background networking off.
 */
const FLAGS = ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--disable-dev-shm-usage"];

/**
 * Runs the suites in a page of headless Chromium.
 * @throws Error if there is no Chromium, the page fails, or it falls silent.
 */
export async function runChromium(
  choice: DeviceChoice,
  isolated: boolean,
  report: (report: Report) => void,
): Promise<void> {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw new Error("no Chromium found: run scripts/setup.sh");
  const folders = findFolders();
  const server = await servePage(folders, isolated);
  try {
    const env = { ...process.env, ...vulkanEnvironment(executablePath) };
    const browser = await puppeteer.launch({ executablePath, args: FLAGS, env, protocolTimeout: 0 });
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      await runPage(page, choice, folders, isolated, report);
    } finally {
      await browser.close();
    }
  } finally {
    server.close();
  }
}

async function runPage(
  page: Page,
  choice: DeviceChoice,
  folders: Folders,
  isolated: boolean,
  report: (report: Report) => void,
): Promise<void> {
  const chatter: string[] = [];
  page.on("console", (message) => chatter.push(message.text()));
  page.on("pageerror", (error) => chatter.push(String(error)));
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => (fail = reject));
  const stop = (what: string): void => fail(new Error(`Chromium ${what}\n${chatter.slice(-40).join("\n")}`));
  const watch = setTimeout(() => stop(`was silent for ${SILENCE_MILLISECONDS} ms`), SILENCE_MILLISECONDS);
  page.on("error", (error) => stop(`crashed: ${error}`));
  await page.exposeFunction("report", (value: Report) => {
    watch.refresh();
    report(value);
  });
  const actual = await page.evaluate("crossOriginIsolated");
  if (actual !== isolated) stop(`gave a page with crossOriginIsolated = ${actual}`);
  // As text, so that no compiler's extra names come along into the page.
  const script = `(async () => {
    const { suites, runSuites } = await import("/bundle/suites.js");
    const bytes = async (path) => {
      const response = await fetch("/" + path);
      if (!response.ok) throw new Error("no fixture " + path);
      return new Uint8Array(await response.arrayBuffer());
    };
    const fixtures = { shared: ${folders.shared !== undefined}, bytes };
    await runSuites(suites, ${JSON.stringify(choice)}, fixtures, (value) => report(value));
  })()`;
  try {
    await Promise.race([page.evaluate(script), failure]);
  } catch (error) {
    throw new Error(`${error}\n${chatter.slice(-40).join("\n")}`, { cause: error });
  } finally {
    clearTimeout(watch);
  }
}
