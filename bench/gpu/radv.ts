import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRadv, OLDEST_MESA } from "../../scripts/environment.mjs";
import type { Kernel } from "../../src/kernel.ts";
import { type Loops, loopsOf } from "./code.ts";
import { chunkMultiplyAdds } from "./chunks.ts";

/** AMD GPUs that Mesa's RADV compiles for without having them: RDNA 2, 3 and 4, and two generations of GCN. */
export const families = ["navi21", "navi31", "gfx1201", "vega10", "polaris10"] as const;
export type Family = (typeof families)[number];

/** What RADV's compiler says of a kernel. */
export interface Statistics {
  /** The kernel's id and path. */
  readonly id: string;
  readonly file: string;
  /** Vector and scalar registers of an invocation and a wave. */
  readonly vectorRegisters: number;
  readonly scalarRegisters: number;
  /** Registers that did not fit and went to memory, vector and scalar ones. */
  readonly spills: number;
  /** Bytes of an invocation's own memory. */
  readonly scratch: number;
  /** Bytes of a workgroup's memory. */
  readonly workgroupBytes: number;
  /** Waves that a SIMD holds at once. */
  readonly waves: number;
  readonly instructions: number;
  /** The compiler's estimates, in cycles. */
  readonly latency: number;
  readonly inverseThroughput: number;
  readonly loops: Loops | undefined;
}

/** The kernels as a family's compiler makes them, and the assembly of each by its id. */
export interface Compiled {
  readonly family: Family;
  /** The driver's name and version. */
  readonly driver: string;
  readonly statistics: readonly Statistics[];
  readonly assembly: ReadonlyMap<string, string>;
}

/** Path of RADV's driver description. @throws Error that says what to install */
function requireRadv(): string {
  const found = findRadv();
  if (found !== undefined) return found;
  const wanted = `Mesa's RADV, of Mesa ${OLDEST_MESA} or later, is missing`;
  throw new Error(`gpu:stats: ${wanted}: install mesa-vulkan-drivers, or run scripts/setup.sh`);
}

const layerName = "VK_LAYER_crf_rnn_unrecorded";

/** Compiles the layer of `unrecorded.c` into `folder`, with its description. @throws Error that says what to install */
function makeLayer(root: string, folder: string): void {
  const source = join(root, "bench/gpu/unrecorded.c");
  try {
    execFileSync("cc", ["-O1", "-shared", "-fPIC", "-o", join(folder, "libunrecorded.so"), source], { stdio: "pipe" });
  } catch (error) {
    const said = (error as { stderr?: Buffer }).stderr?.toString() ?? "";
    throw new Error(`gpu:stats: no C compiler, cc, that works: install gcc, or run scripts/setup.sh\n${said}`, {
      cause: error,
    });
  }
  const layer = {
    name: layerName,
    type: "GLOBAL",
    library_path: "./libunrecorded.so",
    api_version: "1.3.239",
    implementation_version: "1",
    description: "Commands are not recorded, submissions do not run.",
  };
  writeFileSync(join(folder, "unrecorded.json"), JSON.stringify({ file_format_version: "1.2.0", layer }));
}

/**
 * Compiles kernels for a GPU that is not there, by Dawn and RADV, in a process of its own, and reads what the compiler
 * says. `root` is the repository's.
 * @throws Error where something is missing, or a kernel is refused
 */
export async function compileFor(family: Family, kernels: readonly Kernel<unknown>[], root: string): Promise<Compiled> {
  const folder = mkdtempSync(join(tmpdir(), "crf-rnn-radv-"));
  try {
    const driver = requireRadv();
    makeLayer(root, folder);
    const env = {
      ...process.env,
      VK_LAYER_PATH: folder,
      VK_INSTANCE_LAYERS: layerName,
      VK_DRIVER_FILES: driver,
      VK_ICD_FILENAMES: driver,
      XDG_RUNTIME_DIR: folder,
      RADV_FORCE_FAMILY: family,
      RADV_DEBUG: "shaderstats,asm,nocache",
    };
    // A file, since the driver loses what a pipe does not take at once.
    const printed = join(folder, "printed");
    const status = await compile(kernels, root, env, printed);
    const text = readFileSync(printed, "utf8");
    if (status !== 0) throw new Error(`gpu:stats: compiling for ${family} failed: ${text.slice(-500)}`);
    return readPrinted(family, kernels, text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the compiling process and resolves to its exit status; what it prints goes to the file `printed`. */
async function compile(
  kernels: readonly Kernel<unknown>[],
  root: string,
  env: NodeJS.ProcessEnv,
  printed: string,
): Promise<number | null> {
  const output = openSync(printed, "w");
  try {
    const child = spawn(process.execPath, [join(root, "scripts/gpuCompile.mjs")], {
      env,
      stdio: ["pipe", "ignore", output],
    });
    child.stdin!.end(JSON.stringify(kernels.map(({ id, code, bindings }) => ({ id, code, bindings }))));
    return await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  } finally {
    closeSync(output);
  }
}

/** What `scripts/gpuCompile.mjs` and the driver have printed. */
function readPrinted(family: Family, kernels: readonly Kernel<unknown>[], printed: string): Compiled {
  const error = /^@@@error (.*)$/m.exec(printed)?.[1];
  if (error !== undefined) throw new Error(`gpu:stats: ${family} refuses a kernel: ${error}`);
  const driver = /^@@@adapter (.*)$/m.exec(printed)?.[1] ?? "";
  if (!/radv/i.test(driver)) throw new Error(`gpu:stats: Dawn took ${driver}, not RADV`);
  const assembly = new Map<string, string>();
  const statistics = printed
    .split(/^@@@kernel /m)
    .slice(1)
    .map((part) => {
      const kernel = kernels.find(({ id }) => part.startsWith(`${id}\n`))!;
      assembly.set(kernel.id, part);
      return statisticsOf(kernel, part);
    });
  return { family, driver, statistics, assembly };
}

function statisticsOf({ id, file }: Kernel<unknown>, printed: string): Statistics {
  const number = (name: string): number => {
    const found = new RegExp(`^${name}: (\\d+)$`, "m").exec(printed)?.[1];
    if (found === undefined) throw new Error(`gpu:stats: RADV says nothing of "${name}" of ${file}`);
    return Number(found);
  };
  return {
    id,
    file,
    vectorRegisters: number("VGPRs"),
    scalarRegisters: number("SGPRs"),
    spills: number("Spilled VGPRs") + number("Spilled SGPRs"),
    scratch: number("Scratch size"),
    workgroupBytes: number("LDS size"),
    waves: number("Subgroups per SIMD"),
    instructions: number("Instructions"),
    latency: number("Latency"),
    inverseThroughput: number("Inverse Throughput"),
    loops: loopsOf(printed, chunkMultiplyAdds[id.replace(/Halves$/, "")]),
  };
}
