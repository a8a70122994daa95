import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { launch } from "puppeteer";
import { beforeAll, describe, expect, test } from "vitest";
import { findChromium, findNewerNode } from "../../scripts/environment.mjs";
import type { Outcome } from "./program.ts";
import { toolProgram, useTools } from "./tools.ts";

const run = promisify(execFile);

/** A site whose page computes in the browser and whose route computes on the server, with threads in both. */
const site: Record<string, string> = {
  "app/layout.js": "export default ({ children }) => <html><body>{children}</body></html>;",
  "app/page.js": `"use client";
    import { useEffect } from "react";
    import { infer } from "../infer.js";
    export default function Page() {
      useEffect(() => void (globalThis.outcome = infer()), []);
      return <p>page</p>;
    }`,
  "app/isolated/page.js": `"use client";
    export { default } from "../page.js";`,
  "app/server/route.js": `import { infer } from "../../infer.js";
    export const dynamic = "force-dynamic";
    export const GET = async ({ nextUrl }) => Response.json(await infer(Object.fromEntries(nextUrl.searchParams)));`,
  "next.config.mjs": `const isolation = [
      { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
      { key: "Cross-Origin-Embedder-Policy", value: "require-corp" },
    ];
    export default {
      turbopack: { root: new URL("..", import.meta.url).pathname },
      headers: () => [{ source: "/isolated", headers: isolation }],
    };`,
};

const project = useTools();

beforeAll(async () => {
  for (const [file, text] of Object.entries(site)) {
    await mkdir(join(project.folder, file, ".."), { recursive: true });
    await writeFile(join(project.folder, file), text);
  }
});

const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };

/** Starts the built site in a newer Node; gives its address. */
async function start(): Promise<{ server: ChildProcess; url: string }> {
  const words = [toolProgram("next"), "start", "--port", "0", "--hostname", "127.0.0.1"];
  const server = spawn(findNewerNode()!, words, { cwd: project.folder, env: environment });
  let said = "";
  for await (const piece of server.stdout) {
    said += String(piece);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (url && said.includes("Ready")) return { server, url };
  }
  throw new Error(said);
}

async function outcomeOfPage(url: string): Promise<Outcome> {
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const args = [...sandbox, "--disable-dev-shm-usage"];
  const browser = await launch({ executablePath: await findChromium(), args, pipe: true, timeout: 300_000 });
  try {
    const page = await browser.newPage();
    await page.goto(url, { timeout: 300_000 });
    await page.waitForFunction("globalThis.outcome", { timeout: 300_000 });
    return (await page.evaluate("outcome")) as Outcome;
  } finally {
    await browser.close();
  }
}

describe.each(["--turbopack", "--webpack"])("a site by next build %s", (bundler) => {
  test("is built without a warning, and computes in the page and on the server", async () => {
    const { stdout, stderr } = await run(findNewerNode()!, [toolProgram("next"), "build", bundler], {
      cwd: project.folder,
      env: environment,
    });
    expect(`${stdout}${stderr}`).not.toMatch(/warn|error|⚠/i);
    const { server, url } = await start();
    try {
      expect(await (await fetch(`${url}/server`)).json()).toEqual(project.plain);
      // Through the package webgpu, which lies where the built server finds it.
      expect(await (await fetch(`${url}/server?prefer=webgpu`)).json()).toMatchObject({ kind: "webgpu" });
      const alone = await outcomeOfPage(url);
      expect(alone).toEqual({ ...project.plain, threads: 1, variant: "relaxed", processors: alone.processors });
      const isolated = await outcomeOfPage(`${url}/isolated`);
      expect(isolated).toEqual({ ...project.plain, threads: isolated.processors, processors: isolated.processors });
    } finally {
      server.kill();
      await once(server, "exit");
    }
  });
});
