import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { thisProcess, type Owner } from "../../src/cli/owner.ts";
import { heartbeat, Lock, longestSilence } from "../../src/cli/train/lock.ts";
import { root } from "../hosts/folders.ts";
import { Folder } from "./command.ts";
import { until } from "./processes.ts";

let folder: Folder;
beforeEach(() => void (folder = new Folder()));
afterEach(() => folder[Symbol.dispose]());

const run = (): string => folder.file("run");
const lockFile = (): string => folder.file("run/lock.json");

function leave(note: Partial<Owner> | string): void {
  mkdirSync(run(), { recursive: true });
  writeFileSync(lockFile(), typeof note === "string" ? note : JSON.stringify(note));
}

/** Makes the lock's last heartbeat one of so many milliseconds ago. */
function age(milliseconds: number): void {
  const then = new Date(Date.now() - milliseconds);
  utimesSync(lockFile(), then, then);
}

/** A process that has ended. */
const gone = (): Owner => ({
  ...thisProcess(),
  process: Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" })),
});

describe("the lock of a run's folder", () => {
  test("is held by a process whose start is not shown", () => {
    leave({ ...thisProcess(), process: process.ppid, started: "" });
    expect(() => new Lock(run())).toThrow(`where process ${process.ppid} does`);
  });

  test("is one process's at a time, and leaves nothing", () => {
    const first = new Lock(run());
    expect(() => new Lock(run())).toThrow(`got ${run()}, where process ${process.pid} does — wait for it`);
    first.check();
    expect(readdirSync(run())).toEqual(["lock.json"]);
    first[Symbol.dispose]();
    expect(existsSync(run())).toBe(false);
    using _second = new Lock(run());
  });

  test.each<[string, () => Partial<Owner> | string]>([
    ["a process that is gone", gone],
    ["one that had this one's number before it", () => ({ ...thisProcess(), started: "1" })],
    ["one that had a number that lives", () => ({ ...thisProcess(), process: process.ppid, started: "1" })],
    ["a former version", () => JSON.stringify({ process: process.ppid, machine: "this" })],
    ["a process that was killed while it wrote", () => '{"process":1'],
    ["nobody", () => ""],
    ["something else", () => "null"],
  ])("is taken over from %s", (_, note) => {
    leave(note());
    using lock = new Lock(run());
    lock.check();
    expect(JSON.parse(readFileSync(lockFile(), "utf8"))).toMatchObject(thisProcess());
    expect(readdirSync(run())).toEqual(["lock.json"]);
  });

  test("of another machine or container is its own while its heart beats, and taken over after two minutes of silence", () => {
    leave(JSON.stringify({ ...thisProcess(), process: 12, place: "elsewhere", machine: "node17" }));
    age(50_000);
    expect(() => new Lock(run())).toThrow(
      /^--out: .*, where process 12 of node17 does, whose heart beat 5\d s ago — wait for it \(without a beat it counts as gone in [67]\d s\), stop it, or name another folder$/,
    );
    expect(readdirSync(run())).toEqual(["lock.json"]);
    age(longestSilence + 1000);
    using lock = new Lock(run());
    lock.check();
    expect(readdirSync(run())).toEqual(["lock.json"]);
  });

  test("beats as long as it is held, and into nothing once another has taken it", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const lock = new Lock(run());
      const note = readFileSync(lockFile(), "utf8");
      age(longestSilence);
      vi.advanceTimersByTime(heartbeat);
      expect(Date.now() - statSync(lockFile()).mtimeMs).toBeLessThan(longestSilence / 2);
      expect(readFileSync(lockFile(), "utf8")).toBe(note);
      rmSync(lockFile());
      leave({ ...thisProcess(), place: "elsewhere" });
      const theirs = readFileSync(lockFile(), "utf8");
      vi.advanceTimersByTime(heartbeat);
      expect(readFileSync(lockFile(), "utf8")).toBe(theirs);
      lock[Symbol.dispose]();
      expect(vi.getTimerCount()).toBe(0);
      expect(readFileSync(lockFile(), "utf8")).toBe(theirs);
    } finally {
      vi.useRealTimers();
    }
  });

  test.runIf(process.platform === "linux")(
    "is taken over from a process that ended and that nobody asked after",
    async () => {
      // The program that takes the shell's place knows nothing of the shell's child, which ends when it has done so.
      const child = `sh -c 'while [ "$(cat /proc/$PPID/comm)" = sh ]; do sleep 0.01; done'`;
      const words = ["-c", `${child} & echo $!; exec sleep 100`];
      const parent = spawn("sh", words, { stdio: ["ignore", "pipe", "ignore"] });
      try {
        const [said] = (await once(parent.stdout, "data")) as [Buffer];
        const id = Number(said.toString());
        const stat = () => readFileSync(`/proc/${id}/stat`, "utf8").split(" ");
        await until(() => stat()[2] === "Z");
        leave({ ...thisProcess(), process: id, started: stat()[21] });
        using lock = new Lock(run());
        lock.check();
      } finally {
        parent.kill("SIGKILL");
      }
    },
  );

  test("is taken over where a process died while it took it over", () => {
    const note = JSON.stringify({ ...gone(), started: "first" });
    leave(note);
    // A claim to that note, held by a process that is gone: what a kill between claiming and replacing leaves.
    const claim = folder.file(`run/${claimTo(note)}`);
    writeFileSync(claim, JSON.stringify({ ...thisProcess(), id: "another" }));
    expect(() => new Lock(run())).toThrow(`where process ${process.pid} does`);
    writeFileSync(claim, JSON.stringify({ ...gone(), started: "second" }));
    using lock = new Lock(run());
    lock.check();
    expect(readdirSync(run())).toEqual(["lock.json"]);
  });

  test("tells a process that another, which cannot see it, has taken over; and leaves the lock to that one", () => {
    const lock = new Lock(run());
    leave({ ...thisProcess(), place: "elsewhere" });
    expect(() => lock.check()).toThrow(
      /which one of another machine or container has taken over — leave it to that one/,
    );
    lock[Symbol.dispose]();
    expect(existsSync(lockFile())).toBe(true);
  });

  test("of many processes that find a dead one's, or die with it, one has it at a time", async () => {
    await build({
      stdin: { contents: contender, resolveDir: root, loader: "ts" },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: folder.file("contender.mjs"),
    });
    leave(gone());
    const contend = (index: number): Promise<string> =>
      new Promise((resolve) => {
        const words = [folder.file("contender.mjs"), run(), index % 2 === 0 ? "dies" : "lets go"];
        const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
        let said = "";
        for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += String(text)));
        child.once("close", () => resolve(said));
      });
    const said = await Promise.all(Array.from({ length: 24 }, (_, index) => contend(index)));
    expect(said).toEqual(said.map(() => "had it alone\n"));
    expect(readdirSync(run()).filter((name) => name !== "lock.json")).toEqual([]);
  });
});

/** The name of the claim to a note. */
const claimTo = (note: string): string =>
  `.lock.json.${createHash("sha256").update(note).digest("hex").slice(0, 16)}.claim.tmp`;

/** Takes the lock as soon as it can, is alone in it for a while, and then lets it go or dies with it. */
const contender = `
  import { mkdirSync, rmdirSync } from "node:fs";
  import { setTimeout as pause } from "node:timers/promises";
  import { UsageError } from "./src/errors.ts";
  import { heartbeat, Lock, longestSilence } from "./src/cli/train/lock.ts";
  const [, , folder, end] = process.argv;
  for (;;) {
    try {
      const lock = new Lock(folder);
      mkdirSync(folder + "/inside"); // throws where another is inside
      await pause(Math.random() * 20);
      rmdirSync(folder + "/inside");
      if (end === "lets go") lock[Symbol.dispose]();
      console.log("had it alone");
      process.exit();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      await pause(Math.random() * 10);
    }
  }
`;
