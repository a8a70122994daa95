import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium, findDeno, vulkanEnvironment } from "../../scripts/environment.mjs";
import type { Folder } from "../cli/command.ts";
import { survivors, until } from "../cli/processes.ts";
import { readMetrics, shapesFolder, trainWords } from "../cli/training.ts";
import { tensorBytes } from "../train/tensorBytes.ts";
import { canMakeHosts, twoHosts } from "./hosts.ts";
import { checkpointOf, launch, type Launcher, launcherNames, processOf, program } from "./launch.ts";

let folder: Folder;
const words = (run: string, steps: number, ...more: readonly string[]): string[] =>
  trainWords(run, "--steps", String(steps), ...schedule, ...more);
const schedule =
  "--batch 3 --seed 5 --rate 1e-3 --augment flip,scale=1.2 --validate-every 4 --save-every 2 --plain-simd --quiet".split(
    " ",
  );
const steps = 12;

beforeAll(() => {
  folder = shapesFolder();
  expect(folder.run(words("alone", steps))).toMatchObject({ status: 0, stderr: "" });
});
afterAll(() => folder[Symbol.dispose]());

const linesIn = (run: string): number => {
  const file = folder.file(`${run}/metrics.jsonl`);
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
};
const equalsAlone = (run: string): boolean => checkpointOf(folder, run).equals(checkpointOf(folder, "alone"));

/** How often to kill at random moments; more for a figure. */
const kills = Number(process.env.CRF_RNN_KILLS ?? 5);

describe.each(launcherNames)("crf-rnn train --distributed mpi by %s", (launcher) => {
  test(`with any rank killed ${kills} times at random moments ends in the bits of one process, and leaves nobody`, async () => {
    const run = `killed-${launcher}`;
    const resume = (): string[] => (existsSync(folder.file(run)) ? ["--resume"] : []);
    for (let kill = 0; kill < kills; kill++) {
      const size = 2 + (kill % 2);
      const { family, ended } = launch(launcher, size, words(run, steps, ...resume()), folder);
      const rank = Math.floor(Math.random() * size);
      await until(() => processOf(rank, family()));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5000));
      const all = family();
      const victim = processOf(rank, all);
      if (victim) process.kill(victim.id, "SIGKILL");
      await ended;
      await until(() => survivors(all).length === 0, 60_000);
    }
    const { ended } = launch(launcher, 2, words(run, steps, ...resume()), folder);
    expect(await ended).toMatchObject({ status: 0, stderr: "" });
    expect(equalsAlone(run)).toBe(true);
    const metrics = (of: string) => readMetrics(folder, of).map((metric) => ({ ...metric, seconds: undefined }));
    expect(metrics(run)).toEqual(metrics("alone"));
  });

  test("ends in the bits of one process on WebGPU", async () => {
    const environment = vulkanEnvironment(await findChromium());
    const gpu = (run: string): string[] =>
      words(run, 2).flatMap((word) => (word === "wasm" ? ["webgpu"] : word === "--plain-simd" ? [] : [word]));
    const alone = `gpu-alone-${launcher}`;
    const { status } = spawnSync(process.execPath, [program, ...gpu(alone)], {
      cwd: folder.path,
      env: { ...process.env, ...environment },
    });
    expect(status).toBe(0);
    const run = `gpu-${launcher}`;
    expect((await launch(launcher, 2, gpu(run), folder, { environment }).ended).status).toBe(0);
    expect(checkpointOf(folder, run).equals(checkpointOf(folder, alone))).toBe(true);
  });

  test("ends in the same bits in Deno, whose checkpoints differ by the host's name alone", async () => {
    const run = `deno-${launcher}`;
    const host = [await findDeno(), "run", "--allow-all", "--quiet"];
    const { ended } = launch(launcher, 2, words(run, steps), folder, { host });
    expect(await ended).toMatchObject({ status: 0, stderr: "" });
    const [own, other] = [run, "alone"].map((each) => Buffer.from(tensorBytes(checkpointOf(folder, each))));
    expect(own!.equals(other!)).toBe(true);
  });

  test("asked to stop at one rank, saves at the first and ends with status 130", async () => {
    const run = `stopped-${launcher}`;
    const { ended, family } = launch(launcher, 2, words(run, 10_000), folder);
    await until(() => linesIn(run) > 1);
    process.kill(processOf(1, family())!.id, "SIGTERM");
    expect((await ended).status).toBe(130);
    const done = readMetrics(folder, run).filter(({ event }) => event === "step").length;
    const next = folder.run(words(run, done + 1, "--resume"));
    expect(next).toMatchObject({ status: 0, stderr: "" });
  });

  test("with a rank that hangs ends with a sentence, though the launcher does nothing", async () => {
    const run = `hanging-${launcher}`;
    const environment = { CRF_RNN_SILENCE: "5" };
    const { ended, family } = launch(launcher, 3, words(run, 10_000), folder, { environment });
    await until(() => linesIn(run) > 1);
    const all = family();
    process.kill(processOf(1, all)!.id, "SIGSTOP");
    const { status, said } = await ended;
    expect(said).toEqual([
      expect.stringMatching(
        /^crf-rnn: rank 1, heartbeat: expected one every second, got none for 5 seconds — .*--resume/,
      ),
    ]);
    // MPICH's launcher tells the status of the rank that it had to kill, where that ends first.
    expect(launcher === "mpich" ? [2, 9] : [2]).toContain(status);
    await until(() => survivors(all).length === 0, 60_000);
  });
});

/** What each launcher needs to start a rank on each of two hosts and to talk between them by TCP. */
const acrossHosts: Readonly<Record<Launcher, (shell: string, hosts: string) => readonly string[]>> = {
  mpich: (shell, hosts) => ["-launcher", "ssh", "-launcher-exec", shell, "-hosts", hosts, "-ppn", "1"],
  openmpi: (shell, hosts) => [
    ..."--mca pml ob1 --mca btl tcp,self --mca plm_rsh_agent".split(" "),
    shell,
    "--host",
    hosts,
  ],
};

// Containers may not make network namespaces.
describe.runIf(canMakeHosts())("two hosts with a network between them", () => {
  test.each(launcherNames)("train together by %s to the bits of one process", async (launcher) => {
    using hosts = await twoHosts(folder);
    const run = `hosts-${launcher}`;
    const { ended } = launch(launcher, 2, words(run, steps), folder, {
      before: hosts.first,
      more: acrossHosts[launcher](hosts.shell, hosts.addresses.join(",")),
      // MPICH of Debian talks by UCX, which would find the memory that these hosts share.
      environment: { UCX_TLS: "tcp,self", UCX_NET_DEVICES: "eth0" },
    });
    const { status, said } = await ended;
    expect({ status, said }).toEqual({ status: 0, said: [] });
    expect(equalsAlone(run)).toBe(true);
    const parameters = checkpointOf(folder, run).length / 3; // with two moments each
    expect(hosts.sent()).toBeGreaterThan(steps * parameters);
  });
});
