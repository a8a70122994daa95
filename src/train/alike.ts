import type { Device, DeviceInfo } from "../device/device.ts";
import { DeviceError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { digestOf } from "./digest.ts";
import type { Ranks } from "./ranks.ts";

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const textIn = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export const textOf = ({ name, variant }: DeviceInfo): string => `${name}, ${variant}`;

/** What the bits of a device depend on. How many threads it has is no matter. */
export const deviceText = ({ kind, info }: Device): string =>
  kind === "wasm" ? `wasm ${info.variant.replace("Shared", "")}` : `webgpu ${textOf(info)}`;

/** What differs where ranks are not alike, in messages. */
interface Facts {
  readonly expected: string;
  readonly remedy: string;
}

/**
 * Compares lines that every rank says. What stands behind a tab is not compared, but told where lines differ.
 * @throws DeviceError naming the first rank that says something else than rank 0, with the first line that differs
 */
export async function requireSame(ranks: Ranks, own: string, { expected, remedy }: Facts): Promise<void> {
  const said = (await ranks.exchange(bytesOf(own))).map((bytes) => textIn(bytes).split("\n"));
  const compared = (lines: readonly string[]): string => lines.map((line) => line.split("\t")[0]).join("\n");
  const other = said.findIndex((lines) => compared(lines) !== compared(said[0]!));
  if (other < 0) return;
  const [here, there] = [said[0]!, said[other]!];
  const line = here.findIndex((each, i) => each.split("\t")[0] !== there[i]?.split("\t")[0]);
  const told = (lines: readonly string[]): string => lines[line]?.replace(/\t(.*)/, " ($1)") ?? "nothing";
  const got = `${told(here)} at rank 0, ${told(there)} at rank ${other}`;
  throw new DeviceError({ where: "--distributed", expected, got, remedy });
}

/**
 * Refuses ranks whose bits would part: other builds, other kinds of device, other data. How many threads a rank has is no matter.
 * @throws DeviceError
 */
export async function requireAlike(ranks: Ranks, device: Device): Promise<void> {
  await requireSame(ranks, `crf-rnn ${ranks.build}\t${ranks.host}\ndevice ${deviceText(device)}\t${ranks.host}`, {
    expected: "ranks of one build on devices of one kind",
    remedy: "install the same everywhere and give every rank the same --device, or add --plain-simd",
  });
}

/** Gives every rank what rank 0 has in some tensors. */
export async function spreadTensors(ranks: Ranks, tensors: readonly Tensor[]): Promise<void> {
  for (const { device, storage } of tensors) {
    const own = ranks.rank === 0 ? new Uint8Array(await device.read(storage)) : new Uint8Array();
    const bytes = await ranks.spread(own);
    if (ranks.rank > 0) device.write(storage, new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
  }
}

/** @throws DeviceError where parameters have not the same bits at all ranks */
export async function requireSameParameters(
  ranks: Ranks,
  parameters: Readonly<Record<string, Tensor>>,
  step: number,
): Promise<void> {
  const lines: string[] = [];
  for (const [name, { device, storage }] of Object.entries(parameters)) {
    lines.push(`${name} ${await digestOf(new Uint8Array(await device.read(storage)))}`);
  }
  await requireSame(ranks, lines.join("\n"), {
    expected: `the same parameters at all ranks after step ${step}`,
    remedy: "a machine may compute wrongly: leave it out, and --resume goes on from the last checkpoint",
  });
}
