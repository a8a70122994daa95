import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { Patience } from "./patience.ts";

/** Runs `work` with the patience for a process, which is killed at the end. */
async function watching(
  [command, ...args]: readonly [string, ...string[]],
  work: (patience: Patience, pid: number) => Promise<void>,
): Promise<void> {
  const child = spawn(command, args, { stdio: "ignore" });
  try {
    await work(new Patience(child.pid!), child.pid!);
  } finally {
    child.kill("SIGKILL");
  }
}

/** Resolves once so many milliseconds count. */
async function until(patience: Patience, milliseconds: number): Promise<void> {
  while (patience.spent() < milliseconds) await setTimeout(20);
}

test("time passes for a process that computes, and none while it gets no processor", async () => {
  await watching([process.execPath, "-e", "for (;;);"], async (patience, pid) => {
    await until(patience, 200);
    process.kill(pid, "SIGSTOP");
    await setTimeout(50);
    const before = patience.spent();
    await setTimeout(300);
    expect(patience.spent()).toBe(before);
    process.kill(pid, "SIGCONT");
    await until(patience, before + 100);
  });
});

test("time passes for a process that waits for what never comes", async () => {
  await watching(["sleep", "1000"], async (patience) => {
    const begin = performance.now();
    await until(patience, 200);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(200);
  });
});
