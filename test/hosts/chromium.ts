import { runInPage } from "../../src/cli/chromium.ts";
import { bundleFolder } from "./bundle.ts";
import { SILENCE_MILLISECONDS } from "./child.ts";
import { findFolders, type Folders } from "./folders.ts";
import type { Report, Selection } from "./runner.ts";

/**
 * Runs the suites in a page of headless Chromium, cross-origin isolated or not.
 * @throws Error if there is no Chromium, the page fails, or it falls silent.
 */
export async function runChromium(
  selection: Selection,
  isolated: boolean,
  report: (report: Report) => void,
): Promise<void> {
  const folders = findFolders();
  await runInPage({
    places: { ...folders, bundle: bundleFolder },
    isolated,
    software: true,
    script: runScript(selection, folders),
    report,
    silence: SILENCE_MILLISECONDS,
  });
}

function runScript(selection: Selection, folders: Folders): string {
  return `(async () => {
    const { suites, runSuites } = await import("./bundle/suites.js");
    const bytes = async (path) => {
      const response = await fetch("./" + path);
      if (!response.ok) throw new Error("no fixture " + path);
      return new Uint8Array(await response.arrayBuffer());
    };
    const fixtures = { shared: ${folders.shared !== undefined}, bytes };
    await runSuites(suites, ${JSON.stringify(selection)}, fixtures, (value) => report(value));
  })()`;
}
