import { sortCount, sortScatter } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import type { Workspace } from "../device/workspace.ts";
import { scan } from "./scan.ts";

/** The most bits of a digit on WASM. */
export const mostDigitBits = 12;

/** How each device sorts: how many bits a digit has and how many items a block has. */
const methods = {
  // Sixteen counters for each invocation fit into workgroup memory, so a digit has four bits and a key takes several
  // rounds.
  webgpu: () => ({ bits: 4, blockSize: 4096 }),
  // A thread's counters fit into its scratch memory and the nearest cache; each thread counts one block.
  wasm: (device: Device, count: number) => ({
    bits: mostDigitBits,
    blockSize: Math.max(4096, Math.ceil(count / device.info.threads)),
  }),
};

/**
 * Sorts u32 keys below `bound` with a stable counting sort, so that the result is the same in every run. `order` gives
 * what each key belongs to; it is 0, 1, 2, … where it is left out. Neither input is changed.
 * @returns keys and order, sorted, in memory of `workspace`.
 */
export function* sort(
  device: Device,
  workspace: Workspace,
  { keys, order }: { readonly keys: Storage; readonly order?: Storage },
  count: number,
  bound: number,
): Work<{ keys: Storage; order: Storage }> {
  const { bits, blockSize } = methods[device.kind](device, count);
  const blocks = Math.ceil(count / blockSize);
  const digits = 2 ** Math.min(bits, Math.ceil(Math.log2(bound)));
  const digitMask = digits - 1;
  const counts = workspace.allocate(digits * blocks * 4);
  let sorted = { keys, order: order ?? keys };
  let owned = false;
  for (let shift = 0; shift === 0 || bound > 2 ** shift; shift += bits) {
    const next = { keys: workspace.allocate(count * 4), order: workspace.allocate(count * 4) };
    yield planned(sortCount, { keys: sorted.keys, counts, count, blockSize, blocks, shift, digitMask });
    yield* scan(device, counts, digits * blocks);
    const identity = !order && shift === 0 ? 1 : 0;
    yield planned(sortScatter, {
      keys: sorted.keys,
      order: sorted.order,
      starts: counts,
      sortedKeys: next.keys,
      sortedOrder: next.order,
      count,
      blockSize,
      blocks,
      shift,
      digitMask,
      identity,
    });
    if (owned) {
      workspace.release(sorted.keys);
      workspace.release(sorted.order);
    }
    owned = true;
    sorted = next;
  }
  workspace.release(counts);
  return sorted;
}
