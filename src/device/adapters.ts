import { DeviceError, ValueError } from "../errors.ts";
import { found } from "../values.ts";
import { adapterName } from "./adapter.ts";
import { createGpu, findGpu, isDawn } from "./gpu.ts";

/** An adapter of this machine. */
export interface ListedAdapter {
  /** Its place in the list, by which it can be asked for. */
  readonly index: number;
  /** The model's name, as far as the host tells it. */
  readonly name: string;
  /** Asks for the adapter. @throws DeviceError where the host does not lead to it */
  request(): Promise<GPUAdapter>;
}

/** The adapters to which this host leads, always in the same order; empty without WebGPU. */
export async function listAdapters(): Promise<readonly ListedAdapter[]> {
  return isDawn() ? listByName() : listByPreference();
}

/**
 * Finds the adapter of this index, or the one whose name has this text in it, in capitals or not.
 * @throws DeviceError for one that is not there, or a name that fits several; ValueError
 */
export async function findAdapter(wanted: number | string): Promise<ListedAdapter> {
  requireWanted(wanted);
  const all = await listAdapters();
  const fits = typeof wanted === "number" ? all.slice(wanted, wanted + 1) : named(all, wanted);
  if (fits.length === 1) return fits[0]!;
  const listed = all.map(({ index, name }) => `${index}: ${name}`).join(", ") || "none";
  throw new DeviceError({
    where: "open",
    expected: typeof wanted === "number" ? `an adapter of index ${wanted}` : `one adapter named ${wanted}`,
    got: fits.length === 0 ? `adapters ${listed}` : `${fits.length} that fit (${listed})`,
    remedy: fits.length === 0 ? otherAdapters() : "pass the index",
  });
}

function named(all: readonly ListedAdapter[], wanted: string): readonly ListedAdapter[] {
  const exact = all.filter(({ name }) => name === wanted);
  const part = wanted.toLowerCase();
  return exact.length > 0 ? exact : all.filter(({ name }) => name.toLowerCase().includes(part));
}

/** How to reach adapters that this host does not show. */
function otherAdapters(): string {
  const { Deno, process } = globalThis as { Deno?: unknown; process?: { versions?: { node?: string } } };
  if (Deno !== undefined) {
    return "Deno shows what powerPreference and the variable DENO_WEBGPU_BACKEND lead to; crf-rnn in Node reaches every adapter";
  }
  if (process?.versions?.node !== undefined) return "see crf-rnn doctor";
  return "a page is shown what powerPreference leads to; the browser's own settings and flags choose among the rest";
}

function requireWanted(wanted: unknown): void {
  const right = typeof wanted === "string" ? wanted.trim() !== "" : Number.isInteger(wanted) && (wanted as number) >= 0;
  if (right) return;
  const expected = "adapter: an index of 0 or more, or a part of a name";
  throw new ValueError({ where: "open", expected, got: found(wanted), remedy: "see crf-rnn doctor" });
}

/** In pages and in Deno: the adapters that different wishes lead to, each once. */
async function listByPreference(): Promise<ListedAdapter[]> {
  const gpu = await findGpu();
  const all = new Map<string, ListedAdapter>();
  for (const wish of [
    { powerPreference: "high-performance" },
    { powerPreference: "low-power" },
    { forceFallbackAdapter: true },
  ] as const) {
    const adapter = await gpu?.requestAdapter(wish).catch(() => null);
    if (!adapter) continue;
    const { info } = adapter as { info?: GPUAdapterInfo };
    const key = info ? [info.vendor, info.architecture, info.device, info.description].join("\n") : "";
    // An adapter makes one device; who asks a second time gets a new one.
    const request = async (): Promise<GPUAdapter> => (await gpu!.requestAdapter(wish)) ?? adapter;
    if (!all.has(key)) all.set(key, { index: all.size, name: info ? adapterName(info) : "unnamed adapter", request });
  }
  return [...all.values()];
}

/** Node's `process`, under a name by which bundlers for pages do not put one of theirs in its place, or refuse what is done with it. */
const node = (): NodeJS.Process => globalThis.process;

/** A name that no adapter has: Dawn refuses it and tells those that there are. */
const nobody = "\u0001";

async function namesHere(again?: string): Promise<string[]> {
  const gpu = await createGpu([`adapter=${nobody}`], again);
  const said = await gpu?.requestAdapter().then(() => "", String);
  return [...(said ?? "").matchAll(/^ \* backend: '[^']*', name: '(.*)'$/gm)].map(([, name]) => name!);
}

/** In Node: every adapter, by the names that Dawn tells. */
async function listByName(): Promise<ListedAdapter[]> {
  const names = await namesHere();
  return names.map((name, index) => ({ index, name, request: () => request(names, index) }));
}

async function request(names: readonly string[], index: number): Promise<GPUAdapter> {
  const name = names[index]!;
  // Dawn takes the first adapter whose name has what is asked for in it.
  const first = names.findIndex((other) => other.includes(name)) === index;
  const equal = names.filter((other) => other === name).length > 1;
  const adapter = (equal || !first ? await alone(names, index) : undefined) ?? (first ? await byName(name) : undefined);
  if (!adapter) throw hidden(name, "another adapter, whose name is the same or has this one in it");
  return adapter;
}

async function byName(name: string, again?: string): Promise<GPUAdapter | undefined> {
  return (await (await createGpu([`adapter=${name}`], again))?.requestAdapter()) ?? undefined;
}

/**
 * Asks for one of equal adapters, or for one that another's name hides. Mesa's Vulkan layer, which serves the drivers of all
 * vendors, shows a program one GPU alone where DRI_PRIME says at which address of the PCI bus it is. The addresses that show an
 * adapter of this name are, in their order, those of the adapters of this name. Undefined where there is no such address.
 */
async function alone(names: readonly string[], index: number): Promise<GPUAdapter | undefined> {
  const name = names[index]!;
  let before = names.slice(0, index).filter((other) => other === name).length;
  const { env } = node();
  const variable = env.DRI_PRIME;
  try {
    for (const tag of await graphicsTags()) {
      env.DRI_PRIME = `${tag}!`;
      const shown = await namesHere(tag);
      if (shown.length === 1 && shown[0] === name && before-- === 0) return await byName(name, tag);
    }
    return undefined;
  } finally {
    if (variable === undefined) delete env.DRI_PRIME;
    else env.DRI_PRIME = variable;
  }
}

const hidden = (name: string, got: string): DeviceError =>
  new DeviceError({
    where: "open",
    expected: `the adapter ${name}`,
    got,
    remedy:
      "show the program one GPU alone: on Linux by Mesa's Vulkan layer (apt-get install mesa-vulkan-drivers) or the variable VK_DRIVER_FILES, elsewhere in the system's settings for graphics",
  });

/** GPUs on the PCI bus, as DRI_PRIME names them, in the order of their addresses; empty where the system does not list them. */
async function graphicsTags(): Promise<string[]> {
  const { readdir, readFile } = node().getBuiltinModule("node:fs/promises");
  const folder = "/sys/bus/pci/devices";
  const addresses = await readdir(folder).catch(() => []);
  const classes = await Promise.all(
    addresses.map((address) => readFile(`${folder}/${address}/class`, "utf8").catch(() => "")),
  );
  // Class 3 is that of display controllers, among them GPUs without an outlet.
  return addresses
    .filter((_, at) => classes[at]!.startsWith("0x03"))
    .sort()
    .map((address) => `pci-${address.replace(/[:.]/g, "_")}`);
}
