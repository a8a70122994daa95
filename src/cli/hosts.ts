import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { findChromium, findDeno, vulkanEnvironment } from "../../scripts/environment.mjs";
import { DeviceError } from "../errors.ts";

/** A host on which the library can run. */
export type Host = "node" | "deno" | "chromium";

/** The host that this program runs in. */
export const currentHost: Host = process.versions.deno ? "deno" : "node";

/** Whether the machine shows a GPU; on other systems than Linux every machine is taken to have one. */
export const hasGraphics = (): boolean =>
  process.platform !== "linux" || ["/dev/dri", "/dev/nvidiactl"].some(existsSync);

/** The command line that runs this program with other words in a host. */
async function launch(host: "node" | "deno", words: readonly string[]) {
  const deno = host === "deno";
  return {
    program: deno ? await findDeno().catch(() => "deno") : "node",
    words: [...(deno ? ["run", "--allow-all", "--quiet"] : []), process.argv[1]!, ...words],
    env: { ...process.env, ...vulkanEnvironment(await findChromium()) },
  };
}

/** Signals that end a program by keyboard, by `kill` and by closing the terminal. */
export const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Ends this program when the program that started it is gone, however that ended: the channel between the two breaks
 * then. It ends at once, as if killed, because nobody waits for it any more.
 */
export function endWithParent(): void {
  if (!process.channel) return;
  process.once("disconnect", () => process.exit(1));
  process.channel.unref(); // the end of the work is the end of the program, as without a channel
}

/**
 * Runs this very command in another host, which speaks for itself, and gives its exit status. It has a process group of
 * its own, so that an interrupt from the keyboard reaches it once: by this program.
 * @throws DeviceError where the host is missing
 */
export async function passOn(host: "node" | "deno"): Promise<number> {
  const { program, words, env } = await launch(host, process.argv.slice(2));
  const child = spawn(program, words, { env, stdio: ["inherit", "inherit", "inherit", "ipc"], detached: true });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of endings) process.on(signal, forward);
  return new Promise<number>((resolve, reject) => {
    child.once("error", ({ message: got }) => {
      const remedy = "see crf-rnn doctor for what is missing";
      reject(new DeviceError({ where: host, expected: "the host to run the command", got, remedy }));
    });
    child.once("close", (status) => resolve(status ?? 1));
  }).finally(() => endings.forEach((signal) => process.off(signal, forward)));
}

/**
 * Runs this program again in another host and returns what it prints; its progress goes on to standard error.
 * @throws DeviceError where the host is missing or fails
 */
export async function runProgram(host: "node" | "deno", words: readonly string[]): Promise<string> {
  const { program, words: all, env } = await launch(host, words);
  const child = spawn(program, all, { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  let [printed, complaints] = ["", ""];
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (complaints += text));
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
