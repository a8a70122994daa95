import { argmax as kernel } from "../../build/kernels.ts";
import { alignedBytes, type Storage, view } from "../device/device.ts";
import { rowRanges } from "../device/ranges.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { requireInputs } from "../inputs.ts";
import { rows as rowLayout } from "../layout.ts";
import { type Names, requireOptions } from "../options.ts";
import { formatShape, padded, positionOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { found } from "../values.ts";

export interface ArgmaxOptions {
  /** The bits of a label: 8 (the default) for at most 255 classes, since 255 stands for what is ignored; or 16. */
  readonly bits?: 8 | 16;
}

const optionNames: Names<ArgmaxOptions> = { bits: true };

/**
 * Finds the class of the highest score of each pixel, the lowest class where several tie. Scores are [h, w, L], [n, h, w, L]
 * or any rows [..., L]; there is a label for each row, in their order. Only the labels are read back.
 * @throws ShapeError for more classes than a label tells apart; ValueError beside NaN, naming the first pixel; DisposedError
 * @example const labels = await argmax(await crf(unary, guide));
 */
export async function argmax(scores: Tensor, options?: { readonly bits?: 8 }): Promise<Uint8Array>;
export async function argmax(scores: Tensor, options: { readonly bits: 16 }): Promise<Uint16Array>;
export async function argmax(scores: Tensor, options?: ArgmaxOptions): Promise<Uint8Array | Uint16Array>;
export async function argmax(scores: Tensor, options: ArgmaxOptions = {}): Promise<Uint8Array | Uint16Array> {
  requireOptions("argmax", options, optionNames);
  const device = requireInputs("argmax", { scores });
  const { bits = 8 } = options;
  check(scores, bits);
  using workspace = new Workspace(device);
  const begun = beginArgmax(workspace, scores, bits);
  return begun.finish(await device.read(begun.unread));
}

/** Labels that are queued, up to where they have to be read, by themselves or with what else a call reads. */
export interface ArgmaxBegun {
  readonly unread: Storage;
  /** @throws ValueError beside NaN */
  finish(read: ArrayBuffer): Uint8Array | Uint16Array;
}

/** Queues the labels of scores that have been checked, in memory of `workspace`. */
export function beginArgmax(workspace: Workspace, scores: Tensor, bits: 8 | 16): ArgmaxBegun {
  const { device, rows, channels, shape } = scores;
  const labelBytes = Math.ceil((rows * bits) / 32) * 4;
  const statusAt = alignedBytes(device, labelBytes);
  const all = workspace.allocate(statusAt + 4);
  const status = view(all, statusAt, 4);
  device.clear(status);
  const rowBytes = padded(channels) * 4;
  let first = 0;
  for (const range of rowRanges(device, rows, rowBytes)) {
    const storages = { scores: range.of(scores.storage, rowBytes), labels: view(all, 0, labelBytes), status };
    device.run(kernel, { ...storages, rows: range.rows, first, channels, bits });
    first += range.rows;
  }
  const finish = (memory: ArrayBuffer): Uint8Array | Uint16Array => {
    requireScores(shape, new Uint32Array(memory, statusAt)[0]!);
    return bits === 8 ? new Uint8Array(memory.slice(0, rows)) : new Uint16Array(memory.slice(0, 2 * rows));
  };
  return { unread: all, finish };
}

/** Throws if `status`, as the kernel left it, says that a row has no highest score. */
function requireScores(shape: readonly number[], status: number): void {
  if (status === 0) return;
  throw new ValueError({
    where: "argmax",
    expected: "scores of which one is the highest",
    got: `NaN at pixel ${formatShape(positionOf(~status >>> 0, shape.slice(0, -1)))}`,
    remedy: "check what made them",
  });
}

function check({ shape, channels, layout }: Tensor, bits: unknown): void {
  if (bits !== 8 && bits !== 16) {
    throw new ValueError({ where: "argmax", expected: "bits: 8 or 16", got: found(bits) });
  }
  if (layout !== rowLayout) {
    throw new ShapeError({
      where: "argmax",
      expected: "scores [..., classes]",
      got: `${formatShape(shape)} in layout ${layout.name}`,
      remedy: "pass scores, not the weights of a convolution",
    });
  }
  const most = 2 ** bits - 1;
  if (channels <= most) return;
  throw new ShapeError({
    where: "argmax",
    expected: `at most ${most} classes for labels of ${bits} bits`,
    got: `${channels} classes`,
    remedy: bits === 8 ? "ask for { bits: 16 }" : "keep the classes that matter",
  });
}
