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
 * Runs the suites in a page of headless Chromium, cross-origin isolated or not.
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
  const env = { ...process.env, ...vulkanEnvironment(executablePath) };
  const browser = await puppeteer.launch({ executablePath, args: FLAGS, env, protocolTimeout: 0 }).catch((error) => {
    server.close();
    throw error;
  });
  const chatter: string[] = [];
  try {
    const page = await browser.newPage();
    page.on("console", (message) => chatter.push(message.text()));
    page.on("pageerror", (error) => chatter.push(String(error)));
    await page.goto(server.url);
    const actual = await page.evaluate("crossOriginIsolated");
    if (actual !== isolated) throw new Error(`the page has crossOriginIsolated = ${actual}`);
    await evaluate(page, runScript(choice, folders), report);
  } catch (error) {
    throw new Error(`Chromium: ${error}\n${chatter.slice(-40).join("\n")}`, { cause: error });
  } finally {
    server.close();
    // A browser that hangs does not answer a polite request.
    const kill = setTimeout(() => browser.process()?.kill("SIGKILL"), 10_000);
    await browser.close().finally(() => clearTimeout(kill));
  }
}

/** Text rather than a function, so that no compiler's additions come along into the page. */
function runScript(choice: DeviceChoice, folders: Folders): string {
  return `(async () => {
    const { suites, runSuites } = await import("/bundle/suites.js");
    const bytes = async (path) => {
      const response = await fetch("/" + path);
      if (!response.ok) throw new Error("no fixture " + path);
      return new Uint8Array(await response.arrayBuffer());
    };
    const fixtures = { shared: ${folders.shared !== undefined}, bytes };
    await runSuites(suites, ${JSON.stringify(choice)}, fixtures, (value) => report(value));
  })()`;
}

async function evaluate(page: Page, script: string, report: (report: Report) => void): Promise<void> {
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => (fail = reject));
  const watch = setTimeout(() => fail(new Error(`silent for ${SILENCE_MILLISECONDS} ms`)), SILENCE_MILLISECONDS);
  page.on("error", (error) => fail(new Error(`crashed: ${error}`)));
  await page.exposeFunction("report", (value: Report) => {
    watch.refresh();
    report(value);
  });
  await Promise.race([page.evaluate(script), failure]).finally(() => clearTimeout(watch));
}
