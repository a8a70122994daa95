/** Entry of a process that runs cases with one mutant after the other: `worker.js '<WorkerOptions as JSON>'`. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { WorkerOptions as WorkerThreadOptions } from "node:worker_threads";
import type { Case, Fixtures } from "../suite.ts";
import type { Switches } from "./bundle.ts";
import type { Answer, Measured, Request, WorkerOptions } from "./protocol.ts";

const { choice, folders } = JSON.parse(process.argv[2]!) as WorkerOptions;
const fixtures: Fixtures = {
  shared: folders.shared !== undefined,
  bytes: async (path) => {
    const [folder = "", ...rest] = path.split("/");
    return new Uint8Array(await readFile(join(folders[folder as keyof typeof folders] ?? folder, ...rest)));
  },
};

type Bundle = typeof import("./entry.ts");
type Entry = () => Promise<void>;
const load = (query = ""): Promise<Bundle> => {
  const url = new URL(`./mutants.js${query}`, import.meta.url).href;
  return import(url) as Promise<Bundle>;
};
const tell = (answer: Answer): void => void process.send!(answer);

// Every case opens a device. Compiled once, the kernels soon run as fast as they can, as in a process with one device.
const compile = WebAssembly.compile;
const modules = new Map<string, Promise<WebAssembly.Module>>();
WebAssembly.compile = (bytes) => {
  const key = createHash("sha1")
    .update(new Uint8Array(bytes as ArrayBuffer))
    .digest("hex");
  const module = modules.get(key) ?? compile(bytes);
  modules.set(key, module);
  return module;
};

// The text of a worker says which mutant is active, and so is not a string before a worker starts (bundle.ts).
const threads = process.getBuiltinModule("node:worker_threads");
threads.Worker = class extends threads.Worker {
  constructor(source: string | URL, options?: WorkerThreadOptions) {
    super(options?.eval ? String(source) : source, options);
  }

  /** What asks a worker to start threads of its own has their text in it. */
  override postMessage(message: unknown, ...rest: [never]): void {
    const { request } = (message ?? {}) as { request?: readonly [kind: string, places?: { source?: unknown }] };
    if (request?.[1]?.source === undefined) return super.postMessage(message, ...rest);
    const places = { ...request[1], source: String(request[1].source) };
    super.postMessage({ ...(message as object), request: [request[0], places] }, ...rest);
  }
};

let unhandled: unknown;
process.on("SIGINT", () => {}); // It goes to all processes of a terminal; the foreman decides when this one ends.
process.on("unhandledRejection", (error) => (unhandled ??= error));

const usual = await load();
const switches = (globalThis as unknown as { mutation: Switches }).mutation;
const loaded = [...switches.reached];
const usualCases = await entriesOf(usual);

const firstLineOf = (error: unknown): string => String(error).split("\n")[0]!.slice(0, 200);

/** What runs here: the suites' cases, each on a device of its own, so that none leaves anything to the next; or vitest's tests. */
async function entriesOf(bundle: Bundle): Promise<ReadonlyMap<string, Entry>> {
  if (choice === undefined) return bundle.tests;
  const cases = await bundle.listCases(bundle.suites, fixtures);
  const onDevice = async (entry: Case): Promise<void> => {
    const device = await bundle.open(choice);
    await bundle.runCase(entry, device, fixtures);
    device.dispose();
  };
  return new Map([...cases].map(([name, entry]) => [name, () => onDevice(entry)]));
}

/** Returns why a case failed. */
async function run(entry: Entry, mutant: number, limit: number): Promise<string | undefined> {
  Object.assign(switches, { active: mutant, asked: 0, limit, reached: new Set() });
  unhandled = undefined;
  try {
    await entry();
    await new Promise(setImmediate);
    return unhandled === undefined ? undefined : firstLineOf(unhandled);
  } catch (error) {
    return firstLineOf(error);
  } finally {
    switches.active = -1;
  }
}

async function measure(only?: readonly string[]): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const [name, entry] of usualCases) {
    if (only && !only.some((start) => name.startsWith(start))) continue;
    tell({ kind: "case", name, milliseconds: 0 });
    const start = performance.now();
    const error = await run(entry, -1, Infinity);
    const milliseconds = performance.now() - start;
    measured.push({ name, milliseconds, asked: switches.asked, reached: [...switches.reached], error });
  }
  return measured;
}

async function attempt({ mutant, cases, load: anew }: Extract<Request, { kind: "try" }>): Promise<Answer> {
  let entries = usualCases;
  if (anew) {
    Object.assign(switches, { active: mutant, asked: 0, limit: 1e6 });
    try {
      entries = await entriesOf(await load(`?${mutant}`));
    } catch (error) {
      return { kind: "tried", case: "loading", reason: String(error) };
    }
  }
  for (const { name, milliseconds, asked } of cases) {
    tell({ kind: "case", name, milliseconds });
    const reason = await run(entries.get(name)!, mutant, 20 * asked + 100_000);
    if (reason === undefined) continue;
    const soiled = !anew && (await run(usualCases.get(name)!, -1, Infinity)) !== undefined;
    return { kind: "tried", case: name, reason, soiled };
  }
  return { kind: "tried" };
}

process.on("message", (request: Request) => {
  void (async () => {
    tell(
      request.kind === "measure"
        ? { kind: "measured", cases: await measure(request.only), loaded }
        : await attempt(request),
    );
  })();
});
