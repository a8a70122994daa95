import { finite } from "../../build/kernels.ts";
import { type Device, type Dispatch, type Storage, view } from "../device/device.ts";
import { requireDevice } from "../inputs.ts";
import type { Binding } from "../kernel.ts";
import { quadBytes } from "../shape.ts";

/** The first kernel that wrote NaN or infinity. */
export interface NotFinite {
  /** Path of the kernel: `kernels/nn/convolution.wgsl`. */
  readonly kernel: string;
  /** The argument that it wrote, and the index of the first float there that is not finite. */
  readonly result: string;
  readonly index: number;
  /** Arguments that held such a value before, so that it may have come from there: none where the kernel made it. */
  readonly from: readonly string[];
  /** Dispatches that ran before it. */
  readonly dispatch: number;
}

/** Where the findings of one binding lie: each at a multiple of this many bytes, as a binding must begin. */
const findingBytes = 256;
/** Findings that one allocation holds. */
const blockFindings = 256;

/** A binding that is searched, before or after its dispatch, and where it is told what was found. */
interface Search {
  readonly dispatch: number;
  readonly kernel: string;
  readonly name: string;
  readonly written: boolean;
}

/**
 * Runs `work` and finds the first kernel in it that wrote a value which is not finite, by a search of every float argument of every kernel, before and
 * after. It takes several times as long as the work alone. Infinity may be right, as the logarithm of a probability of 0 is.
 * @throws what `work` throws, once everything before was searched; DeviceError, LimitError
 * @example const found = await findNotFinite(device, async () => { await network(image); });
 */
export async function findNotFinite(device: Device, work: () => unknown): Promise<NotFinite | undefined> {
  requireDevice("findNotFinite", device);
  const searches: Search[] = [];
  const blocks: Storage[] = [];
  let dispatches = 0;
  const search = ({ kernel, args }: Dispatch, bindings: readonly Binding[], written: boolean): void => {
    for (const { name } of bindings) {
      const at = searches.push({ dispatch: dispatches, kernel: kernel.file, name, written }) - 1;
      if (at % blockFindings === 0) {
        blocks.push(device.allocate(blockFindings * findingBytes));
        device.clear(blocks.at(-1)!);
      }
      const status = view(blocks.at(-1)!, (at % blockFindings) * findingBytes, 4);
      const values = args[name] as Storage;
      device.run(finite, { values, status, count: Math.floor(values.bytes / quadBytes) });
    }
  };
  try {
    {
      using _observation = device.observe({
        before: (dispatch) => search(dispatch, dispatch.kernel.bindings.filter(isFloat), false),
        after(dispatch) {
          search(
            dispatch,
            dispatch.kernel.bindings.filter((one) => isFloat(one) && one.access === "write"),
            true,
          );
          dispatches++;
        },
      });
      await work();
    }
    const found: Uint32Array[] = [];
    for (const block of blocks) found.push(new Uint32Array(await device.read(block)));
    const foundAt = (at: number): number =>
      found[Math.floor(at / blockFindings)]![((at % blockFindings) * findingBytes) / 4]!;
    const first = searches.findIndex(({ written }, at) => written && foundAt(at) !== 0);
    if (first < 0) return undefined;
    const { dispatch, kernel, name } = searches[first]!;
    const before = searches.filter(
      ({ dispatch: own, written, name: other }, at) =>
        own === dispatch && !written && foundAt(at) !== 0 && readsBefore(other, name),
    );
    return { kernel, result: name, index: ~foundAt(first) >>> 0, from: before.map(({ name }) => name), dispatch };
  } finally {
    for (const block of blocks) device.release(block);
  }
}

/** What a result held before is overwritten, unless it is another argument. */
const readsBefore = (other: string, result: string): boolean => other !== result;

/** Whether a binding holds floats, alone or four at a time. */
const isFloat = ({ type }: Binding): boolean => /^array<(f32|vec4f|vec4<f32>)[,>]/.test(type);
