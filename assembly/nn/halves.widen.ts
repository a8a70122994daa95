import { widened } from "../shared/halves";

/** Twin of kernels/nn/halves.widen.wgsl. */
export function halvesWiden(values: usize, result: usize, quads: u32, valueSkip: u32, begin: u32, end: u32): void {
  const from = values + ((<usize>valueSkip) << 3);
  for (let index: usize = begin; index < <usize>end; index++) {
    v128.store(result + (index << 4), widened(from + (index << 3)));
  }
}
