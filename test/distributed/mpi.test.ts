import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Folder } from "../cli/command.ts";
import { survivors, until } from "../cli/processes.ts";
import { readMetrics, shapesFolder, trainWords } from "../cli/training.ts";
import { checkpointOf, launch, launcherNames, processOf } from "./launch.ts";

// Both kinds of MPI are on every machine that runs the tests: scripts/setup.sh.

let folder: Folder;
const words = (run: string, steps: number, ...more: readonly string[]): string[] =>
  trainWords(run, "--steps", String(steps), ...schedule, ...more);
const schedule =
  "--batch 3 --seed 5 --rate 1e-3 --augment flip,scale=1.2 --validate-every 2 --save-every 1 --quiet".split(" ");

beforeAll(() => {
  folder = shapesFolder();
  expect(folder.run(words("alone", 3))).toMatchObject({ status: 0, stderr: "" });
});
afterAll(() => folder[Symbol.dispose]());

const withoutTimes = (run: string) => readMetrics(folder, run).map((metric) => ({ ...metric, seconds: undefined }));

describe.each(launcherNames)("crf-rnn train --distributed mpi, started by mpirun of %s", (launcher) => {
  const size = launcher === "mpich" ? 2 : 3;

  test(`of ${size} ranks ends in the bits of one process, and a second run goes on with it alone`, async () => {
    const { ended } = launch(launcher, size, words(launcher, 2), folder);
    expect(await ended).toMatchObject({ status: 0, stderr: "" });
    expect(folder.run(words(launcher, 3, "--resume"))).toMatchObject({ status: 0, stderr: "" });
    expect(checkpointOf(folder, launcher).equals(checkpointOf(folder, "alone"))).toBe(true);
    expect(withoutTimes(launcher)).toEqual(withoutTimes("alone"));
    expect(readdirSync(folder.file(launcher)).sort()).toEqual(readdirSync(folder.file("alone")).sort());
  });
});

test("a rank that is killed ends the others within seconds; the last checkpoint stands, and more ranks go on from it", async () => {
  const run = launch("mpich", 2, words("killed", 1000), folder);
  await until(() => existsSync(folder.file("killed/checkpoint.safetensors")));
  const family = run.family();
  process.kill(processOf(1, family)!.id, "SIGKILL");
  const killed = Date.now();
  expect((await run.ended).status).not.toBe(0);
  await until(() => survivors(family).length === 0, 60_000);
  expect(Date.now() - killed).toBeLessThan(30_000); // a second or two, where the machine is not busy
  // The first rank's folder tells all of them what they need; nobody else has to reach it.
  mkdirSync(folder.file("elsewhere"));
  const apart = ["sh", "-c", '[ "$PMI_RANK" = 0 ] || cd elsewhere; exec "$0" "$@"', process.execPath];
  const resume = "train --out killed --steps 3 --resume --quiet".split(" ");
  const { ended } = launch("mpich", 3, resume, folder, { host: apart });
  // It may have got farther than three steps, and then has nothing left to train.
  expect((await ended).status).toBe(0);
  const steps = withoutTimes("killed").filter(({ event }) => event === "step");
  expect(steps.slice(0, 3)).toEqual(withoutTimes("alone").filter(({ event }) => event === "step"));
  expect(readdirSync(folder.file("elsewhere"))).toEqual([]);
});

// UCX tells on standard output that it hooks into the process's memory, which takes pages from under a host's threads: then the process may fall
// (status 11) before it has said that there is no such split.
test.each([
  ["is kept from it", {}, false],
  ["is not where somebody asks for it", { UCX_MEM_EVENTS: "y" }, true],
])("MPICH's library, which would replace malloc, %s", async (_, environment, hooked) => {
  const log = { UCX_MEM_LOG_LEVEL: "debug", ...environment };
  const { status, stdout } = await launch("mpich", 1, words("unused", 1, "--val", "nowhere"), folder, {
    environment: log,
  }).ended;
  expect(hooked ? [2, 11] : [2]).toContain(status);
  expect(/libucm/.test(stdout)).toBe(hooked);
});

test("what all ranks refuse is told once, with status 2, and leaves nothing", async () => {
  const { ended } = launch("mpich", 3, words("refused", 1, "--val", "nowhere"), folder);
  const { status, said } = await ended;
  expect(said).toEqual([expect.stringMatching(/^crf-rnn: nowhere: expected a folder, got nothing there/)]);
  expect(status).toBe(2);
  expect(existsSync(folder.file("refused"))).toBe(false);
});

test("whoever lacks koffi is told to install it", () => {
  // The program without packages around it, as npm installs it.
  const dist = fileURLToPath(new URL("../../dist", import.meta.url));
  for (const name of readdirSync(dist).filter((name) => name.endsWith(".js"))) {
    copyFileSync(`${dist}/${name}`, folder.file(name));
  }
  const said = spawnSync(process.execPath, [folder.file("cli.js"), ...words("bare", 1), "--distributed", "mpi"], {
    cwd: folder.path,
    encoding: "utf8",
  });
  expect(said.stderr).toBe(
    "crf-rnn: --distributed mpi: expected the package koffi, by which Node calls the system's MPI, got none — npm install koffi\n",
  );
  expect(said.status).toBe(2);
});

test("a process that no launcher started, and a library of another MPI than the launcher's, are refused in one sentence", async () => {
  const alone = folder.run(words("alone-by-mpi", 1, "--distributed", "mpi"));
  expect(alone.stderr).toMatch(
    /^crf-rnn: --distributed mpi: expected a process that a launcher started, got one that was started by itself — start it as mpirun -n 4 /,
  );
  expect(alone.status).toBe(2);
  const { ended } = launch("openmpi", 1, words("mixed", 1), folder, {
    environment: { CRF_RNN_MPI: "libmpich.so.12" },
  });
  const { status, said } = await ended;
  expect(said).toEqual([
    expect.stringMatching(
      /expected the library of the launcher, which is Open MPI's, got MPICH \d.* — start the run by /,
    ),
  ]);
  expect(status).toBe(2);
  expect(["alone-by-mpi", "mixed"].filter((run) => existsSync(folder.file(run)))).toEqual([]);
});
