/** What the tests and the `doctor` command need from this machine, and where it is. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Mesa before this version makes Dawn refuse lavapipe's adapter (22.3 does on Debian 12). */
export const OLDEST_MESA = 25;

/** A Node whose V8 has relaxed SIMD, fetched by scripts/setup.sh beside the one that runs the tests. */
export const NEWER_NODE = { package: `node-${process.platform}-${process.arch}`, version: "26.10.0" };

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const CHROMIUM_ON_MAC = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const ICD_FOLDERS = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
const LOADER_NAMES = ["libvulkan.so.1", "libvulkan.1.dylib", "vulkan-1.dll"];

/** The program's standard output, or undefined where it is missing or fails. */
function output(program, args) {
  try {
    return execFileSync(program, args, { encoding: "utf8", timeout: 30_000, stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
}

/** Ubuntu's `chromium-browser` is a stub that asks for a snap, so a path counts only when it tells its version. */
const startsAsChromium = (path) => /(Chromium|Chrome)\D*\d+/.test(output(path, ["--version"]) ?? "");

/** Path of a Chromium or Chrome that starts: PUPPETEER_EXECUTABLE_PATH, the system's, or one fetched by puppeteer. */
export async function findChromium() {
  const named = process.env.PUPPETEER_EXECUTABLE_PATH;
  if (named) return startsAsChromium(named) ? named : undefined;
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = [...CHROMIUM_NAMES.flatMap((name) => folders.map((f) => join(f, name))), ...CHROMIUM_ON_MAC];
  const found = candidates.find((path) => existsSync(path) && startsAsChromium(path));
  if (found !== undefined) return found;
  // Puppeteer is there for development only.
  const fetched = await import("puppeteer")
    .then((puppeteer) => puppeteer.default.executablePath())
    .catch(() => undefined);
  return fetched && existsSync(fetched) && startsAsChromium(fetched) ? fetched : undefined;
}

/** Whether the Vulkan loader is installed; macOS and Windows have their own interfaces and need none. */
export function hasVulkanLoader() {
  if (process.platform !== "linux") return true;
  const cache = output("ldconfig", ["-p"]) ?? output("/sbin/ldconfig", ["-p"]);
  if (cache !== undefined) return LOADER_NAMES.some((name) => cache.includes(name));
  const triple = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }[process.arch] ?? "";
  return ["/usr/lib", "/usr/lib64", join("/usr/lib", triple)].some((f) => existsSync(join(f, LOADER_NAMES[0])));
}

/** Major version of Mesa's Vulkan drivers as dpkg knows it; undefined without dpkg or without the package. */
export function mesaVersion() {
  const version = output("dpkg-query", ["-W", "-f", "${Version}", "mesa-vulkan-drivers"]);
  return version ? Number.parseInt(version.replace(/^\d+:/, ""), 10) : undefined;
}

/** Path of lavapipe's driver description, unless Mesa is known to be too old. */
export const findLavapipe = () => findMesa("lvp");

/** Path of the driver description of RADV, which compiles for AMD GPUs that are not there: see bench/gpu/radv.ts. */
export const findRadv = () => findMesa("radeon");

function findMesa(driver) {
  if ((mesaVersion() ?? OLDEST_MESA) < OLDEST_MESA) return undefined;
  const machine = { x64: "x86_64", arm64: "aarch64" }[process.arch];
  for (const folder of ICD_FOLDERS.filter(existsSync)) {
    const names = readdirSync(folder);
    const name = names.find((entry) => entry === `${driver}_icd.json` || entry === `${driver}_icd.${machine}.json`);
    if (name) return join(folder, name);
  }
  return undefined;
}

/** The first line that the C compiler `cc` says of itself. */
export const findCompiler = () => output("cc", ["--version"])?.split("\n")[0];

/** Whether kernels can be compiled for GPUs that are not here: on Linux, with what scripts/setup.sh installs. */
export const canCompile = () =>
  process.platform === "linux" && findRadv() !== undefined && findCompiler() !== undefined;

/** Path of the SwiftShader driver description that comes with Chromium. */
export function findSwiftShader(chromium) {
  const folders = chromium ? [dirname(realpathSync(chromium))] : [];
  return [...folders, "/usr/lib/chromium", "/usr/lib64/chromium"]
    .map((folder) => join(folder, "vk_swiftshader_icd.json"))
    .find((path) => existsSync(path));
}

/** Where a version of Node is installed beside the one that runs the tests. */
export const nodeFolder = (version) => join(root, ".cache", "node", version);

/** Path of the newer Node that scripts/setup.sh fetched, if it starts: it links to libatomic, which not all systems have. */
export const findNewerNode = () => findNode(NEWER_NODE.version);

/** Path of another version of Node that was fetched, if it starts. */
export function findNode(version) {
  const folder = join(nodeFolder(version), "node_modules", NEWER_NODE.package, "bin");
  return [join(folder, "node"), join(folder, "node.exe")].find((path) => output(path, ["--version"]) !== undefined);
}

/** Path of the Deno executable from npm's package, which links it into place at first use, without an install script. */
export async function findDeno() {
  const { default: install } = await import("deno/install_api.cjs");
  return install.runInstall();
}

/**
 * Environment variables for WebGPU on the software adapter: the driver (a caller's own choice stands) and the folder
 * that Mesa wants for its sockets. Lavapipe comes first, being about three times faster than SwiftShader.
 */
export function vulkanEnvironment(chromium) {
  const runtime = process.env.XDG_RUNTIME_DIR ?? join(tmpdir(), `crf-rnn-runtime-${process.getuid?.() ?? 0}`);
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const chosen = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  const driver = chosen ?? findLavapipe() ?? findSwiftShader(chromium);
  const driverVariables = driver === undefined ? {} : { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver };
  return { XDG_RUNTIME_DIR: runtime, ...driverVariables };
}

/** How each MPI's launcher is named where both are installed beside each other, as Debian does it. */
const MPIRUN_NAMES = { mpich: ["mpirun.mpich", "mpiexec.hydra"], openmpi: ["mpirun.openmpi"] };

/** Path of the launcher of MPICH or Open MPI: under a name of its own, or `mpirun` where that says whose it is. */
export function findMpirun(name) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const paths = (names) => names.flatMap((each) => folders.map((folder) => join(folder, each))).filter(existsSync);
  const [own] = paths(MPIRUN_NAMES[name]);
  const says = { mpich: /HYDRA/, openmpi: /Open MPI|OpenRTE/ }[name];
  return own ?? paths(["mpirun"]).find((path) => says.test(output(path, ["--version"]) ?? ""));
}

/** Everything found, undefined for what is missing. */
export async function findAll() {
  const chromium = await findChromium();
  return {
    chromium,
    "vulkan-loader": hasVulkanLoader() ? "installed" : undefined,
    lavapipe: process.platform === "linux" ? findLavapipe() : "not needed",
    swiftshader: findSwiftShader(chromium),
    "newer-node": findNewerNode(),
    "c-compiler": process.platform === "linux" ? findCompiler() : "not needed",
    mpich: process.platform === "linux" ? findMpirun("mpich") : "not needed",
    openmpi: process.platform === "linux" ? findMpirun("openmpi") : "not needed",
  };
}
