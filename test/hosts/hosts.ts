import { findChromium, findDeno, findNewerNode, vulkanEnvironment } from "../../scripts/environment.mjs";
import type { Variant } from "../../scripts/generate.mjs";
import { type Program, runProcess } from "./child.ts";
import { runChromium } from "./chromium.ts";
import { findFolders } from "./folders.ts";
import type { DeviceChoice, Report } from "./runner.ts";

export const hostNames = ["node", "newer-node", "deno", "chromium"] as const;
export type HostName = (typeof hostNames)[number];

/** One host and device that suites run on. */
export interface Run {
  readonly name: string;
  readonly choice: DeviceChoice;
  /** Whether cases that take no device run here, too, as they do in one run of each host. */
  readonly runsAll: boolean;
  /** The build that must have been taken: `DeviceInfo.variant` on WASM. */
  readonly build?: Variant;
  /** Runs the cases of these full names, or all. */
  start(report: (report: Report) => void, only?: readonly string[]): Promise<void>;
}

const titles: Record<HostName, string> = {
  node: "Node",
  "newer-node": "Newer Node",
  deno: "Deno",
  chromium: "Chromium",
};

async function program(
  path: string | undefined,
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  if (path === undefined) throw new Error("this host is missing: run scripts/setup.sh");
  return { path, flags, environment: { ...vulkanEnvironment(await findChromium()), ...environment } };
}

/**
 * Lavapipe runs the workgroups of a dispatch on the calling thread, one after the other, for a fifth less processor time. That they may run
 * at once is Node's to show, with threads of lavapipe, and Chromium's, with those of SwiftShader.
 */
const oneAfterTheOther = { LP_NUM_THREADS: "0" };

const programs: Record<Exclude<HostName, "chromium">, () => Promise<Program>> = {
  node: () => program(process.execPath, ["--enable-source-maps"]),
  "newer-node": () => program(findNewerNode(), ["--enable-source-maps"]),
  deno: async () => program(await findDeno(), ["run", "--allow-all", "--no-config"], oneAfterTheOther),
};

/** Whether a host's WebAssembly has relaxed SIMD. The Node that runs the tests may be any from 20 on. */
const isRelaxed = (host: HostName): boolean => host !== "node" || Number.parseInt(process.versions.node) >= 22;

/** The WebAssembly build that a host takes for so many threads. */
export const variantOf = (host: HostName, threads: number): Variant =>
  `${isRelaxed(host) ? "relaxed" : "plain"}${threads > 1 ? "Shared" : ""}`;

/** A host with WebGPU, or with WASM on so many threads; a page without a number of threads is one without isolation. */
export function planRun(host: HostName, choice: DeviceChoice): Run {
  const { prefer, threads, worker, limits } = choice;
  const isolated = prefer === "webgpu" || threads !== undefined;
  const page =
    host !== "chromium" || prefer === "webgpu" ? "" : isolated ? ", isolated page" : ", page without isolation";
  const count = threads === undefined ? "" : threads === 1 ? ", 1 thread" : `, ${threads} threads`;
  const start: Run["start"] = async (report, only) => {
    if (host === "chromium") return runChromium({ choice, only }, isolated, report);
    const options = { folders: findFolders(), choice, only };
    return runProcess(await programs[host](), options, (value) => report(value as Report));
  };
  return {
    name: `${titles[host]}, ${prefer === "webgpu" ? "WebGPU" : "WASM"}${worker ? " in a worker" : ""}${limits ? `, ${limits} limits` : ""}${count}${page}`,
    choice,
    runsAll: prefer === "wasm" && (threads ?? 1) === 1 && !worker,
    build: prefer === "wasm" ? variantOf(host, threads ?? 1) : undefined,
    start,
  };
}

const wasm = (threads?: number): DeviceChoice => ({ prefer: "wasm", threads });

/** Every host with every device that the tests hold it to. */
export const runsOf = (host: HostName): readonly Run[] => [gpuRunOf(host), ...wasmRunsOf(host)];

export const gpuRunOf = (host: HostName): Run => planRun(host, { prefer: "webgpu" });

export const wasmRunsOf = (host: HostName): readonly Run[] =>
  [wasm(host === "chromium" ? undefined : 1), wasm(2)].map((choice) => planRun(host, choice));

/** The run of a host whose other WASM run, on one thread, is left to the slow tests: pages run that build, too. */
export const threadedRunOf = (host: HostName): Run => ({ ...planRun(host, wasm(2)), runsAll: true });

export const singleRunOf = (host: HostName): Run => planRun(host, wasm(1));
