import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { findChromium, findDeno, vulkanEnvironment } from "../../scripts/environment.mjs";
import { DeviceError } from "../errors.ts";

/** Where the library can run. */
export type Host = "node" | "deno" | "chromium";

/** The host that this program runs in. */
export const currentHost: Host = process.versions.deno ? "deno" : "node";

/** Whether the machine shows a GPU; on other systems than Linux every machine is taken to have one. */
export const hasGraphics = (): boolean =>
  process.platform !== "linux" || ["/dev/dri", "/dev/nvidiactl"].some(existsSync);

/**
 * Runs this program again in another host and returns what it prints; its progress goes on to standard error.
 * @throws DeviceError where the host is missing or fails
 */
export async function runProgram(host: "node" | "deno", words: readonly string[]): Promise<string> {
  const deno = host === "deno";
  const program = deno ? await findDeno().catch(() => "deno") : "node";
  const before = deno ? ["run", "--allow-all", "--quiet"] : [];
  const child = spawn(program, [...before, process.argv[1], ...words], {
    env: { ...process.env, ...vulkanEnvironment(await findChromium()) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [printed, complaints] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const ending = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (status, signal) => resolve(status === 0 ? undefined : (signal ?? `status ${status}`)));
  });
  if (ending === undefined) return printed;
  const last = complaints
    .trim()
    .split("\n")
    .at(-1)!
    .replace(/^crf-rnn: /, "");
  throw new DeviceError({
    where: host,
    expected: "the host to run the command",
    got: last ? `${ending} (${last})` : ending,
    remedy: "see crf-rnn doctor for what is missing",
  });
}
