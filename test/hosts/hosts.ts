import { findChromium, findDeno, findNewerNode, vulkanEnvironment } from "../../scripts/environment.mjs";
import { type Program, runProcess } from "./child.ts";
import { runChromium } from "./chromium.ts";
import { findFolders } from "./folders.ts";
import type { DeviceChoice, Report } from "./runner.ts";

/** One host and device that all suites run on. */
export interface Run {
  readonly name: string;
  readonly choice: DeviceChoice;
  /** The build that must have been taken: `DeviceInfo.variant` on WASM. */
  readonly build?: "plain" | "plainShared" | "relaxed" | "relaxedShared";
  start(report: (report: Report) => void): Promise<void>;
}

const webgpu: DeviceChoice = { prefer: "webgpu" };
const wasm = (threads: number): DeviceChoice => ({ prefer: "wasm", threads });

async function program(path: string | undefined, flags: readonly string[] = []): Promise<Program> {
  if (path === undefined) throw new Error("this host is missing: run scripts/setup.sh");
  return { path, flags, environment: vulkanEnvironment(await findChromium()) };
}

const node = () => program(process.execPath, ["--enable-source-maps"]);
const newerNode = () => program(findNewerNode(), ["--enable-source-maps"]);
const deno = async () => program(await findDeno(), ["run", "--allow-all", "--no-config"]);

function inProcess(find: () => Promise<Program>, name: string, choice: DeviceChoice, build?: Run["build"]): Run {
  const start: Run["start"] = async (report) =>
    runProcess(await find(), { folders: findFolders(), choice }, (value) => report(value as Report));
  return { name, choice, build, start };
}

function inPage(name: string, choice: DeviceChoice, isolated: boolean, build?: Run["build"]): Run {
  return { name, choice, build, start: (report) => runChromium(choice, isolated, report) };
}

// The Node that runs the tests may be any from 20 on, with relaxed SIMD or without.
const relaxed = Number.parseInt(process.versions.node) >= 22;

export const nodeRuns = [
  inProcess(node, "Node, WebGPU", webgpu),
  inProcess(node, "Node, WASM, 1 thread", wasm(1), relaxed ? "relaxed" : "plain"),
  inProcess(node, "Node, WASM, 2 threads", wasm(2), relaxed ? "relaxedShared" : "plainShared"),
];

export const newerNodeRuns = [
  inProcess(newerNode, "Newer Node, WebGPU", webgpu),
  inProcess(newerNode, "Newer Node, WASM, 1 thread", wasm(1), "relaxed"),
  inProcess(newerNode, "Newer Node, WASM, 2 threads", wasm(2), "relaxedShared"),
];

export const denoRuns = [
  inProcess(deno, "Deno, WebGPU", webgpu),
  inProcess(deno, "Deno, WASM, 1 thread", wasm(1), "relaxed"),
  inProcess(deno, "Deno, WASM, 2 threads", wasm(2), "relaxedShared"),
];

export const chromiumRuns = [
  inPage("Chromium, WebGPU", webgpu, true),
  inPage("Chromium, WASM, 2 threads, isolated page", wasm(2), true, "relaxedShared"),
  inPage("Chromium, WASM, page without isolation", { prefer: "wasm" }, false, "relaxed"),
];
