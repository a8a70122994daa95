import { finite } from "../../build/kernels.ts";
import { type Device, type Dispatch, type Storage, view } from "../device/device.ts";
import { requireDevice } from "../inputs.ts";
import type { Binding } from "../kernel.ts";
import { quadBytes } from "../shape.ts";

/** The first kernel that wrote NaN or infinity. */
export interface NotFinite {
  /** The path of the kernel, for example `kernels/nn/convolution.wgsl`. */
  readonly kernel: string;
  /** The argument that it wrote, and the index of the first float there that is not finite. */
  readonly result: string;
  readonly index: number;
  /**
   * The arguments that held such a value before, so that it may have come from there. The list is empty where the
   * kernel made it.
   */
  readonly from: readonly string[];
  /** The number of dispatches that ran before it. */
  readonly dispatch: number;
}

/** The findings of each binding lie at a multiple of this many bytes, as a binding must begin. */
const findingBytes = 256;
/** The number of findings that one allocation holds. */
const blockFindings = 256;

/** A binding that is searched, before or after its dispatch, and where the findings are written. */
interface Search {
  readonly dispatch: number;
  readonly kernel: string;
  readonly name: string;
  readonly written: boolean;
}

/**
 * Runs `work` and finds the first kernel in it that wrote a value which is not finite, by searching every float
 * argument of every kernel, before and after; maps and weights of half precision are not searched. It takes several times
 * as long as the work alone. Infinity may be right: the logarithm of a probability of 0 is infinite.
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
        before: (dispatch) => search(dispatch, floatsIn(dispatch), false),
        after(dispatch) {
          search(
            dispatch,
            floatsIn(dispatch).filter(({ access }) => access === "write"),
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

/** The former contents of a result are overwritten, unless it is another argument too. */
const readsBefore = (other: string, result: string): boolean => other !== result;

/** The bindings that hold floats, alone or four at a time. Weights are words, which are floats unless they are halves. */
const floatsIn = ({ kernel, args }: Dispatch): Binding[] =>
  kernel.bindings.filter(({ type }) =>
    (args.halves === 0 ? /^array<(f32|vec4f|vec4<f32>|vec4u)[,>]/ : /^array<(f32|vec4f|vec4<f32>)[,>]/).test(type),
  );
