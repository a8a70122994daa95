import { runInPage } from "../../src/cli/chromium.ts";
import { bundleFolder } from "./bundle.ts";
import { SILENCE_MILLISECONDS } from "./child.ts";
import { findFolders, type Folders } from "./folders.ts";
import type { DeviceChoice, Report } from "./runner.ts";

/**
 * Runs the suites in a page of headless Chromium, cross-origin isolated or not.
 * @throws Error if there is no Chromium, the page fails, or it falls silent.
 */
export async function runChromium(
  choice: DeviceChoice,
  isolated: boolean,
  report: (report: Report) => void,
): Promise<void> {
  const folders = findFolders();
  await runInPage({
    places: { ...folders, bundle: bundleFolder },
    isolated,
    software: true,
    script: runScript(choice, folders),
    report,
    silence: SILENCE_MILLISECONDS,
  });
}

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
