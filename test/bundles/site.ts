import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { findNewerNode } from "../../scripts/environment.mjs";
import { toolProgram } from "./tools.ts";

const run = promisify(execFile);
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };

/** Builds a site of Next.js and hands out all that was printed. */
export async function buildSite(folder: string, bundler: string): Promise<string> {
  const { stdout, stderr } = await run(findNewerNode()!, [toolProgram("next"), "build", bundler], { cwd: folder, env });
  return `${stdout}${stderr}`;
}

/** Starts a built site in a newer Node while `work` runs with its address. */
export async function withSite(folder: string, work: (url: string) => Promise<void>): Promise<void> {
  const words = [toolProgram("next"), "start", "--port", "0", "--hostname", "127.0.0.1"];
  const server = spawn(findNewerNode()!, words, { cwd: folder, env });
  const ended = once(server, "exit");
  try {
    await work(await addressOf(server.stdout));
  } finally {
    server.kill();
    await ended;
  }
}

/** @throws Error with what the server said, if it ended without an address */
async function addressOf(output: AsyncIterable<unknown>): Promise<string> {
  let said = "";
  for await (const piece of output) {
    said += String(piece);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (url && said.includes("Ready")) return url;
  }
  throw new Error(said);
}
