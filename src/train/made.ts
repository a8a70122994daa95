import * as valibot from "valibot";
import { version } from "../../package.json";
import { commonSources } from "../../build/wasmSources.ts";
import type { Device } from "../device/device.ts";
import { deviceText } from "./alike.ts";

/** By what a checkpoint was computed. */
export interface Made {
  /** The version of crf-rnn, and a digest of the sources of its kernels. */
  readonly build: string;
  /** Node, Deno, Bun or a browser, with its version. */
  readonly host: string;
  /** The kind of device, with what its bits depend on: the build of WebAssembly, or the adapter. */
  readonly device: string;
}

/** The build that computes here. */
export const ownBuild = `${version} of ${commonSources}`;

export const madeBy = (device: Device): Made => ({ build: ownBuild, host: hostHere(), device: deviceText(device) });

/** The host that this runs in. */
export function hostHere(): string {
  const { process, navigator } = globalThis as {
    process?: { readonly versions?: Readonly<Record<string, string | undefined>> };
    navigator?: { readonly userAgent?: string };
  };
  const { bun, deno, node } = process?.versions ?? {};
  if (bun ?? deno ?? node) return bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
  const [, browser, release] = /(Firefox|Edg|Chrome|Version)\/(\d+)/.exec(navigator?.userAgent ?? "") ?? [];
  return browser ? `${browser === "Version" ? "Safari" : browser} ${release}` : "a host that does not say its name";
}

const schema = valibot.object({ build: valibot.string(), host: valibot.string(), device: valibot.string() });

/** Reads what a checkpoint says; undefined where it says nothing, as those of former versions. */
export function parseMade(text: string | undefined): Made | undefined {
  if (text === undefined || text.length > 10_000) return undefined;
  try {
    return valibot.parse(schema, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Says why what goes on here may have other bits than it would have had where it was begun; undefined where it has the same. On another host the
 * build of WebAssembly with plain SIMD computes the same, while relaxed SIMD and shaders may be translated otherwise.
 */
export function differenceTo(there: Made, here: Made): string | undefined {
  const told = ({ build, host, device }: Made): string => `crf-rnn ${build} on ${host}, ${device}`;
  const same = there.build === here.build && there.device === here.device;
  if (same && (there.host === here.host || here.device === plain)) return undefined;
  return `${told(there)} there, ${told(here)} here`;
}

/** The device that computes the same bits in every host. */
const plain = "wasm plain";
