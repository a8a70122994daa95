import { execFileSync } from "node:child_process";
import { availableParallelism, totalmem } from "node:os";
import { Command } from "commander";
import { version } from "../../package.json";
import { findAll, findDeno } from "../../scripts/environment.mjs";
import { isSoftware, requestDevice, wantedLimits } from "../device/adapter.ts";
import { findAdapter, listAdapters, type ListedAdapter } from "../device/adapters.ts";
import { findGpu } from "../device/gpu.ts";
import { canShareMemory, hasRelaxedSimd, openWasm } from "../device/wasm.ts";
import { WebGpuDevice } from "../device/webgpu.ts";
import { type Choice, tune } from "../nn/tune.ts";
import { describeChoice } from "../../bench/choices.ts";
import { memoryOf } from "./adapterMemory.ts";
import { report, type CommonFlags } from "./options.ts";

const examples = `
Examples:
  crf-rnn doctor
  crf-rnn doctor --json | jq .webgpu.adapters
  crf-rnn doctor --adapter 1
  deno run -A npm:crf-rnn doctor`;

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("show hosts, adapters, limits and threads, and what to install for what is missing")
    .addHelpText("after", examples)
    .action(run);
}

interface Adapter {
  /** What `--adapter` takes, as it takes a part of the name. */
  readonly index: number;
  /** The model. */
  readonly name: string;
  readonly driver: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly hardware: boolean;
  /** Undefined where nothing on this machine tells it. */
  readonly memoryBytes?: number;
  readonly limits: Record<string, number>;
  readonly features: readonly string[];
  /** The form in which the adapter computes each kernel that has several, as measured now. */
  readonly choices: readonly Choice[] | { readonly error: string };
}

/** An adapter that is listed and cannot be asked for. */
interface HiddenAdapter {
  readonly index: number;
  readonly name: string;
  readonly error: string;
}

type Wasm = { readonly variant: string; readonly threads: number } | { readonly error: string };

async function run(flags: CommonFlags): Promise<void> {
  const { deno, node } = process.versions;
  const found = await findAll().catch(() => undefined);
  const hosts = {
    node: deno ? versionOf("node") : node,
    deno: deno ?? versionOf(await findDeno().catch(() => "deno")) ?? versionOf("deno"),
    chromium: found?.chromium && versionOf(found.chromium),
  };
  const gpu = await findGpu();
  const adapters = await describeAdapters(flags);
  const facts = {
    command: "doctor",
    version,
    host: { name: deno ? "deno" : "node", platform: process.platform, architecture: process.arch },
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    hosts,
    webgpu: { available: gpu !== undefined, adapters },
    vulkan: {
      loader: found?.["vulkan-loader"] !== undefined,
      lavapipe: found?.lavapipe,
      swiftshader: found?.swiftshader,
    },
    packages: await findPackages(),
    wasm: { ...(await tryWasm()), relaxedSimd: hasRelaxedSimd(), sharedMemory: canShareMemory() },
    auto: adapters.some(isHardware) ? "webgpu" : "wasm",
  };
  const advice = adviceFor(facts);
  report(flags, { ...facts, advice }, describe(facts, advice));
}

type Facts = Readonly<{
  version: string;
  host: { name: string; platform: string; architecture: string };
  processors: number;
  memoryGiB: number;
  hosts: { node?: string; deno?: string; chromium?: string };
  webgpu: { available: boolean; adapters: readonly (Adapter | HiddenAdapter)[] };
  vulkan: { loader: boolean; lavapipe?: string; swiftshader?: string };
  packages: Readonly<Record<string, boolean>>;
  wasm: Wasm & { relaxedSimd: boolean; sharedMemory: boolean };
  auto: string;
}>;

/** The version in what `program --version` prints; undefined where the program is missing. */
function versionOf(program: string): string | undefined {
  try {
    const text = execFileSync(program, ["--version"], {
      encoding: "utf8",
      timeout: 30_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return /\d+(\.\d+)+/.exec(text)?.[0];
  } catch {
    return undefined;
  }
}

/** Every adapter, or the one that `--adapter` asks for. */
async function describeAdapters({ adapter: wanted }: CommonFlags): Promise<readonly (Adapter | HiddenAdapter)[]> {
  const all = await listAdapters();
  const only = wanted === undefined ? undefined : (await findAdapter(wanted)).index;
  const described: (Adapter | HiddenAdapter)[] = [];
  for (const listed of all.filter(({ index }) => only === undefined || index === only)) {
    const before = all.slice(0, listed.index).filter(({ name }) => name === listed.name).length;
    described.push(
      await describeAdapter(listed, before).catch((error: unknown) => ({
        ...plain(listed),
        error: (error as Error).message,
      })),
    );
  }
  return described;
}

const isHardware = (adapter: Adapter | HiddenAdapter): boolean => !("error" in adapter) && adapter.hardware;

const plain = ({ index, name }: ListedAdapter) => ({ index, name });

/** `before`: how many adapters of the same name are listed before it. */
async function describeAdapter(listed: ListedAdapter, before: number): Promise<Adapter> {
  const adapter = await listed.request();
  const { info, limits } = adapter;
  const hardware = !isSoftware(info);
  return {
    ...plain(listed),
    driver: info.description,
    vendor: info.vendor,
    architecture: info.architecture,
    hardware,
    memoryBytes: memoryOf({ name: listed.name, vendor: info.vendor, hardware, before }),
    limits: Object.fromEntries(wantedLimits.map((name) => [name, limits[name]])),
    features: [...adapter.features].filter((name) => /^(shader-f16|subgroups|timestamp-query)$/.test(name)).sort(),
    choices: await tryTuning(adapter),
  };
}

async function tryTuning(adapter: GPUAdapter): Promise<Adapter["choices"]> {
  try {
    using device = new WebGpuDevice(await requestDevice(adapter), { owned: true });
    return await tune(device);
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** Packages that are not installed with this one, and what needs them. */
const optionalPackages = {
  webgpu: "WebGPU in Node",
  sharp: "JPEGs, and the contact sheets of data",
  puppeteer: "--host chromium",
  koffi: "train --distributed mpi in Node",
};

/** Which of the optional packages can be loaded here. */
async function findPackages(): Promise<Record<string, boolean>> {
  const found = Object.keys(optionalPackages).map(async (name) => {
    const loaded = await (import(name) as Promise<unknown>).then(
      () => true,
      () => false,
    );
    return [name, loaded] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

async function tryWasm(): Promise<Wasm> {
  try {
    using device = await openWasm();
    return { variant: device.info.variant, threads: device.info.threads };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function adviceFor({ host, hosts, webgpu, vulkan, packages, wasm }: Facts): string[] {
  const advice: string[] = [];
  for (const [name, need] of Object.entries(optionalPackages)) {
    // Deno has WebGPU of its own.
    if (packages[name] || (name === "webgpu" && webgpu.available)) continue;
    advice.push(`no package ${name}, which is for ${need}: npm install ${name}`);
  }
  const { platform } = host;
  if ("error" in wasm) advice.push(`WASM does not start (${wasm.error}): update ${host.name}`);
  if (!wasm.relaxedSimd)
    advice.push("no relaxed SIMD (fused multiply-add): Node 22 or later has it and computes faster");
  if (!webgpu.available) {
    if (host.name === "deno") advice.push("no WebGPU in Deno: update to Deno 2 or later");
  } else if (webgpu.adapters.length === 0) {
    advice.push(
      `no WebGPU adapter: ${platform === "linux" ? "install a GPU's Vulkan driver or lavapipe" : "update the GPU's driver"}`,
    );
  } else if (!webgpu.adapters.some(isHardware)) {
    advice.push(
      "only a software WebGPU adapter: fit for tests; WASM is faster. A GPU needs its vendor's Vulkan driver",
    );
  }
  if (platform === "linux" && !vulkan.loader) advice.push("no Vulkan loader: apt-get install libvulkan1");
  if (platform === "linux" && !vulkan.lavapipe) {
    advice.push(
      "no lavapipe of Mesa 25 or later: apt-get install mesa-vulkan-drivers (on Debian 12 from bookworm-backports)",
    );
  }
  if (!hosts.deno) advice.push("no Deno: npm install --global deno");
  if (!hosts.chromium) advice.push("no Chromium: apt-get install chromium, or npx puppeteer browsers install chrome");
  return advice;
}

const indent = " ".repeat(10);

const mebibytes = (bytes = 0): string => `${Math.round(bytes / 2 ** 20)} MiB`;

function describeLines(adapter: Adapter | HiddenAdapter): string {
  const { index, name } = adapter;
  if ("error" in adapter) return `${index}: ${name}\n${indent}${adapter.error}`;
  const { driver, vendor, architecture, hardware, memoryBytes, limits, features, choices } = adapter;
  const facts = [
    [vendor, architecture].filter(Boolean).join(" "),
    driver === name ? "" : `driver ${driver}`,
    memoryBytes === undefined
      ? "memory not told"
      : `memory ${mebibytes(memoryBytes)}${hardware ? "" : ", the machine's"}`,
  ];
  const words = [
    `bindings ${mebibytes(limits.maxStorageBufferBindingSize)}`,
    `buffers ${mebibytes(limits.maxBufferSize)}`,
    `workgroups ${limits.maxComputeInvocationsPerWorkgroup}`,
    ...features,
  ];
  return [
    `${index}: ${name}, ${hardware ? "hardware" : "software"}`,
    facts.filter(Boolean).join(", "),
    words.join(", "),
    ...("error" in choices ? [choices.error] : choices.map(describeChoice)),
  ].join(`\n${indent}`);
}

function describe(facts: Facts, advice: readonly string[]): string {
  const { host, hosts, webgpu, vulkan, packages, wasm } = facts;
  const rows: [string, string][] = [
    ["crf-rnn", `${facts.version} on ${host.name}, ${host.platform} ${host.architecture}`],
    ["machine", `${facts.processors} processors, ${facts.memoryGiB} GiB`],
    ["Node", hosts.node ?? "not found"],
    ["Deno", hosts.deno ?? "not found"],
    ["Chromium", hosts.chromium ?? "not found"],
    ...(webgpu.adapters.length ? webgpu.adapters.map(describeLines) : ["no adapter"]).map((text): [string, string] => [
      "WebGPU",
      text,
    ]),
    [
      "WASM",
      "error" in wasm ? wasm.error : `${wasm.threads} threads, SIMD, ${wasm.relaxedSimd ? "" : "no "}relaxed SIMD`,
    ],
  ];
  const listed = Object.entries(packages).map(([name, found]) => (found ? name : `no ${name}`));
  rows.push(["packages", listed.join(", ")]);
  if (host.platform === "linux") {
    const driver = vulkan.lavapipe ?? vulkan.swiftshader ?? "no software driver";
    rows.push(["Vulkan", `${vulkan.loader ? "loader" : "no loader"}, ${driver}`]);
  }
  rows.push(["auto", `--device auto takes ${facts.auto === "webgpu" ? "WebGPU" : "WASM"}`]);
  const table = rows.map(([name, value]) => `${name.padEnd(indent.length)}${value}`).join("\n");
  return advice.length
    ? `${table}\n\nTo do:\n${advice.map((line) => `  - ${line}`).join("\n")}`
    : `${table}\n\nNothing is missing.`;
}
