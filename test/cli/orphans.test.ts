import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Folder } from "./command.ts";
import { familyOf, listening, survivors, until, type Process } from "./processes.ts";
import { begin, readMetrics, shapesFolder, trainWords } from "./training.ts";

let folder: Folder;
const tally: Partial<Record<NodeJS.Signals, number>> = {};
let processes = 0;
beforeAll(() => void (folder = shapesFolder()));
afterAll(() => {
  folder[Symbol.dispose]();
  console.info(`ended by ${JSON.stringify(tally)}: ${processes} processes, none left`);
});

// Hosts start slowly on a busy machine.
vi.setConfig({ testTimeout: 900_000 });

/** How often to kill at random moments; more for a figure. */
const kills = Number(process.env.CRF_RNN_KILLS ?? 3);

const linesIn = (run: string): number => {
  const file = folder.file(`${run}/metrics.jsonl`);
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
};

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly family: readonly Process[];
}

/** Begins a command, sends it a signal when it is due, and waits for the end of all processes that it had by then. */
async function endBy(
  signal: NodeJS.Signals,
  words: readonly string[],
  due: (family: readonly Process[]) => boolean,
  environment: Readonly<Record<string, string>> = {},
) {
  const mark = randomUUID();
  const child = begin(folder, words, { CRF_RNN_TEST: mark, ...environment });
  const closed = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  let family: Process[] = [];
  await until(() => child.exitCode !== null || due((family = familyOf(child.pid!, mark))));
  if (child.exitCode === null) tally[signal] = (tally[signal] ?? 0) + 1;
  child.kill(signal);
  const [status, ended] = await closed;
  await until(() => survivors(family).length === 0 && familyOf(child.pid!, mark).length === 0, 60_000);
  processes += family.length;
  return { status, signal: ended, family } satisfies Ended;
}

const chromiumIn = (family: readonly Process[]): boolean =>
  family.some(({ words }) => words.includes("--type=renderer"));
const denoIn = (family: readonly Process[]): boolean =>
  family.some(({ words }) => /\bdeno\b.* train|\bdeno\b.* bench/.test(words));
const hosts = [
  ["deno", denoIn],
  ["chromium", chromiumIn],
] as const;

describe.each(hosts)("crf-rnn train --host %s", (host, isThere) => {
  const long = (run: string, ...more: string[]) =>
    trainWords(run, "--steps", "100000", "--quiet", "--host", host, ...more);

  test.each(["SIGHUP", "SIGTERM", "SIGINT"] as const)("at %s saves, and leaves no process behind", async (signal) => {
    const run = `${host}-${signal}`;
    const due = (family: readonly Process[]) => isThere(family) && linesIn(run) > 2;
    const { status, family } = await endBy(signal, long(run), due);
    expect(status).toBe(130);
    expect(family.length).toBeGreaterThan(1);
    expect(readdirSync(folder.file(run))).toContain("report.html");
    expect(readdirSync(folder.file(run))).not.toContain("lock.json");
  });

  test("killed outright leaves no process behind, and its folder to the next run", async () => {
    const run = `${host}-SIGKILL`;
    const due = (family: readonly Process[]) => isThere(family) && linesIn(run) > 2;
    const { signal, family } = await endBy("SIGKILL", long(run), due);
    expect(signal).toBe("SIGKILL");
    expect(family.length).toBeGreaterThan(1);
    const next = folder.run(
      trainWords(run, "--steps", String(linesIn(run) + 1), "--quiet", "--host", host, "--resume"),
    );
    expect(next).toMatchObject({ status: 0, stderr: "" });
    expect(readdirSync(folder.file(run)).filter((name) => name.startsWith(".") || name === "lock.json")).toEqual([]);
  });

  test(`killed ${kills} times at random moments ends in the bits of a run that was not`, async () => {
    const words = (run: string) =>
      trainWords(run, ..."--steps 24 --save-every 2 --seed 5 --quiet --host".split(" "), host);
    expect(folder.run(words(`${host}-whole`))).toMatchObject({ status: 0, stderr: "" });
    const run = `${host}-killed`;
    const checkpoint = (of: string): Buffer => readFileSync(folder.file(`${of}/checkpoint.safetensors`));
    for (let kill = 0; kill < kills; kill++) {
      const moment = Date.now() + Math.random() * 3000;
      await endBy(
        "SIGKILL",
        [...words(run), ...(existsSync(folder.file(run)) ? ["--resume"] : [])],
        () => Date.now() > moment,
      );
    }
    const last = existsSync(folder.file(run)) ? ["--resume"] : [];
    expect(folder.run([...words(run), ...last])).toMatchObject({ status: 0, stderr: "" });
    expect(checkpoint(run).equals(checkpoint(`${host}-whole`))).toBe(true);
    const metrics = (of: string) => readMetrics(folder, of).map((metric) => ({ ...metric, seconds: undefined }));
    expect(metrics(run)).toEqual(metrics(`${host}-whole`));
  });
});

test("a run whose terminal closes, and so takes no more words, is saved all the same", async () => {
  const child = begin(folder, trainWords("closed", "--steps", "100000", "--host", "node"), {});
  const closed = once(child, "exit");
  await until(() => linesIn("closed") > 2);
  for (const stream of [child.stdout!, child.stderr!]) stream.destroy();
  for (let times = 0; times < 3; times++) child.kill("SIGHUP");
  expect(await closed).toEqual([130, null]);
  expect(readdirSync(folder.file("closed"))).toContain("report.html");
  expect(readdirSync(folder.file("closed"))).not.toContain("lock.json");
});

describe.each(hosts)("crf-rnn bench --host %s", (host, isThere) => {
  test.each(["SIGHUP", "SIGTERM", "SIGKILL"] as const)("at %s leaves no process behind", async (signal) => {
    const words = ["bench", "--device", "wasm", "--only", "softmax", "--seconds", "1000", "--host", host, "--quiet"];
    const { family } = await endBy(signal, words, isThere);
    expect(family.length).toBeGreaterThan(1);
  });
});

describe("Chromium", () => {
  test("listens to no port, and its page's server to this machine alone", async () => {
    let ports: ReturnType<typeof listening> = [];
    const words = trainWords("ports", "--steps", "100000", "--quiet", "--host", "chromium");
    const { family } = await endBy("SIGTERM", words, (family) => {
      if (!chromiumIn(family) || linesIn("ports") < 2) return false;
      ports = listening(family);
      return true;
    });
    expect(ports).toHaveLength(1);
    const { id, address, port } = ports[0]!;
    expect(family.find((each) => each.id === id)!.words).toContain("cli.js");
    expect(address).toBe("0100007F"); // 127.0.0.1
    const flags = family
      .filter(({ words }) => words.includes("/chromium"))
      .map(({ words }) => words)
      .join(" ");
    expect(flags).toContain("--remote-debugging-pipe");
    expect(flags).not.toContain("--remote-debugging-port");
    // Whoever lists the processes of this machine does not see the address, with its token.
    expect(family.filter(({ words }) => words.includes(`:${port}`))).toEqual([]);
  });

  test("killed by itself ends the run in one sentence, and its checkpoint stands", async () => {
    const mark = randomUUID();
    const words = trainWords("alone", ..."--steps 100000 --save-every 1 --quiet --host chromium".split(" "));
    const child = begin(folder, words, { CRF_RNN_TEST: mark });
    const closed = once(child, "exit");
    let said = "";
    child.stderr!.on("data", (text: Buffer) => (said += text.toString()));
    await until(() => linesIn("alone") > 2);
    const family = familyOf(child.pid!, mark);
    process.kill(family.find((each) => each.words.includes("--remote-debugging-pipe"))!.id, "SIGKILL");
    expect(await closed).toEqual([2, null]);
    expect(said).toMatch(/^crf-rnn: Chromium: expected the page to do its work, got .*\n$/);
    await until(() => survivors(family).length === 0, 60_000);
    const more = trainWords(
      "alone",
      "--steps",
      String(linesIn("alone") + 1),
      "--quiet",
      "--host",
      "chromium",
      "--resume",
    );
    expect(folder.run(more)).toMatchObject({ status: 0, stderr: "" });
  });

  test("leaves its profile to the next run when it is killed, and takes it along when it ends", async () => {
    const words = trainWords("profile", "--quiet", "--host", "chromium");
    const own = mkdtempSync("/tmp/crf-");
    const profiles = () => readdirSync(own).filter((name) => !name.startsWith("crf-rnn-runtime"));
    try {
      const due = (family: readonly Process[]) => chromiumIn(family) && linesIn("profile") > 2;
      await endBy("SIGKILL", [...words, "--steps", "100000"], due, { TMPDIR: own });
      const left = profiles();
      expect(left).toEqual([expect.stringMatching(/^crf-rnn-[0-9a-f]{8}-\d+-\d+-\w{6}$/)]);
      expect(readdirSync(join(own, left[0]!))).toContain("profile");
      const others = [left[0]!.replace(/-\d+-/, "-1-"), left[0]!.replace(/-[0-9a-f]{8}-/, "-00000000-")];
      for (const name of others) mkdirSync(join(own, name));
      mkdirSync(join(own, "crf-rnn-of-a-user"));
      expect(await endBy("SIGINT", [...words, "--steps", "100000", "--resume"], due, { TMPDIR: own })).toMatchObject({
        status: 130,
      });
      // Process 1 lives, but did not begin when that folder's did; of another place nothing is known.
      expect(profiles().sort()).toEqual([others[1], "crf-rnn-of-a-user"].sort());
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});
