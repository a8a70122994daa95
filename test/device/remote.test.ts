import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { MessageChannel, Worker } from "node:worker_threads";
import { build } from "esbuild";
import { afterEach, describe, expect, test, vi } from "vitest";
import { open } from "../../src/device/open.ts";
import { serve } from "../../src/device/serve.ts";
import { DeviceError } from "../../src/errors.ts";
import { relu } from "../../src/nn/relu.ts";
import { root } from "../hosts/folders.ts";

const run = promisify(execFile);
const threads = process.getBuiltinModule("node:worker_threads");

afterEach(() => {
  threads.Worker = Worker;
  vi.restoreAllMocks();
});

/** The module of `crf-rnn/worker`, and before it what else such a worker does. */
async function moduleWorker(first = ""): Promise<Worker> {
  const stdin = { contents: `${first}\nimport "./src/worker.ts";`, resolveDir: root };
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: "esm", target: "es2022" });
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(outputFiles[0]!.text)}`));
}

describe("a worker of one's own", () => {
  test("serves several devices, beside messages of its own, and lives on when they are disposed of", async () => {
    const worker = await moduleWorker(
      'const p = process.getBuiltinModule("node:worker_threads").parentPort; p.on("message", (m) => m === "ping" && p.postMessage("pong"));',
    );
    const heard: unknown[] = [];
    worker.on("message", (message) => typeof message === "string" && heard.push(message));
    for (const count of [1, 2]) {
      const devices = await Promise.all(
        Array.from({ length: count }, () => open({ prefer: "wasm", threads: 2, worker })),
      );
      for (const [i, device] of devices.entries()) {
        using values = device.tensor([5000, 4], new Float32Array(20_000).fill(i - 1));
        using result = relu(values);
        expect((await result.read()).every((value) => value === Math.max(i - 1, 0))).toBe(true);
      }
      worker.postMessage("ping");
      for (const device of devices) device.dispose();
    }
    await vi.waitFor(() => expect(heard).toEqual(["pong", "pong"]));
    await worker.terminate();
  });

  test("may be reached by a port of a channel", async () => {
    const worker = await moduleWorker();
    const { port1, port2 } = new MessageChannel();
    // Whoever has the worker passes messages on.
    port2.on("message", (message) => worker.postMessage(message));
    worker.on("message", (message) => port2.postMessage(message));
    using device = await open({ prefer: "wasm", threads: 1, worker: port1 });
    using values = device.tensor([1, 3], [1, 2, 3]);
    expect([...(await values.read())]).toEqual([1, 2, 3]);
    device.dispose();
    port1.close();
    await worker.terminate();
  });

  test("that does not import crf-rnn/worker is told, and left alone", async () => {
    const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
    const watch = vi.spyOn(globalThis, "setTimeout");
    watch.mockImplementationOnce(((heard: () => void) => queueMicrotask(heard)) as never);
    const error: unknown = await open({ prefer: "wasm", threads: 1, worker }).catch((reason: unknown) => reason);
    expect(watch.mock.calls[0]?.[1]).toBe(60_000);
    watch.mockRestore();
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toMatch(
      /open: expected a worker that computes, got no answer within 60000 ms.*crf-rnn\/worker/,
    );
    expect(worker.threadId).toBeGreaterThan(0);
    await worker.terminate();
  });
});

describe("a worker that is lost", () => {
  test("ends whoever waits, for good, and says what to do", async () => {
    const worker = await moduleWorker(
      'const p = process.getBuiltinModule("node:worker_threads").parentPort; p.on("message", (m) => m === "die" && process.exit(3));',
    );
    using device = await open({ prefer: "wasm", threads: 1, worker });
    using values = device.tensor([1, 4]);
    worker.postMessage("die");
    for (const again of [values.read(), device.finish()]) {
      const error = await again.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DeviceError);
      expect(String(error)).toMatch(/wasm: expected the worker to go on, got .*status 3 — call open\(\) again/);
    }
    relu(values).dispose();
    await expect(values.read()).rejects.toThrow(/open\(\) again/);
  });
});

test.each([
  ["throws", "SecurityError: refused by policy"],
  ["ends", "refused by policy"],
])("where a policy forbids workers and the host %s, one sentence says so", async (how, got) => {
  threads.Worker = class {
    constructor() {
      if (how === "throws") throw new DOMException("refused by policy", "SecurityError");
    }
    on(event: string, heard: (error: Error) => void): void {
      if (event === "error") setTimeout(heard, 0, new Error("refused by policy"));
    }
    off(): void {}
    postMessage(): void {}
    terminate(): void {}
  } as unknown as typeof Worker;
  const error = await open({ prefer: "wasm", threads: 1, worker: true }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DeviceError);
  expect((error as Error).message).toBe(
    `open: expected a worker that computes, got ${got} — allow worker-src blob: in the page's Content-Security-Policy, or make a module worker of crf-rnn/worker and pass it: open({ worker })`,
  );
});

test("a process ends by itself though nothing was disposed of, but not while something is waited for", async () => {
  const program = `
    import { open } from "./src/index.ts";
    const device = await open({ prefer: "wasm", worker: true, threads: 2 });
    const values = device.tensor([1, 4], [1, 2, 3, 4]);
    console.log((await values.read()).join());
  `;
  const stdin = { contents: program, resolveDir: root };
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: "esm", target: "es2022" });
  const running = run(process.execPath, ["--input-type=module"]);
  // The program is longer than an argument may be.
  running.child.stdin!.end(outputFiles[0]!.text);
  const { stdout } = await running;
  expect(stdout).toBe("1,2,3,4\n");
});

test("crf-rnn/worker does nothing in a process or a page, which is no worker", async () => {
  expect(Object.keys(await import("../../src/worker.ts"))).toEqual([]);
  const heard = vi.fn();
  vi.stubGlobal("document", {});
  vi.stubGlobal("addEventListener", heard);
  serve();
  vi.stubGlobal("document", undefined);
  expect(heard).not.toHaveBeenCalled();
  // What is called is what a worker of a page has.
  serve();
  expect(heard).toHaveBeenCalledWith("message", expect.any(Function));
  vi.unstubAllGlobals();
});
