import { exp4, largestLane, sumLanes } from "../shared/simd";
import { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_SOFTMAX } from "./activation";

/** Twin of kernels/crf/softmax.wgsl. */
export function softmax(
  values: usize,
  result: usize,
  rows: u32,
  channels: u32,
  activation: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  for (let row = begin; row < end; row++) {
    activate(values + <usize>row * rowStride, result + <usize>row * rowStride, channels, activation);
  }
}

/** One row of softmax.wgsl, or a copy where there is no activation. `from` and `to` may be the same. */
// @ts-ignore: decorator
@inline
export function activate(from: usize, to: usize, channels: u32, activation: u32): void {
  const last = (<usize>((channels - 1) >> 2)) << 4;
  const left = channels & 3;
  const tail = i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(left ? left : 4));
  if (activation == ACTIVATION_NONE) {
    if (from != to) memory.copy(to, from, last + 16);
    return;
  }
  const zero = f32x4.splat(0);
  let largest = zero;
  if (activation == ACTIVATION_SOFTMAX) {
    // Padding lanes are no candidates for the maximum.
    let most = v128.bitselect(v128.load(from + last), f32x4.splat(-f32.MAX_VALUE), tail);
    for (let at: usize = 0; at < last; at += 16) most = f32x4.pmax(most, v128.load(from + at));
    largest = largestLane(most);
  }
  let sum = zero;
  for (let at: usize = 0; at <= last; at += 16) {
    const value = v128.load(from + at);
    let power = activation == ACTIVATION_SOFTMAX ? exp4(f32x4.sub(value, largest)) : f32x4.pmax(value, zero);
    if (at == last) power = v128.and(power, tail);
    v128.store(to + at, power);
    sum = f32x4.add(sum, power);
  }
  const divisor = f32x4.add(sumLanes(sum), f32x4.splat(activation == ACTIVATION_RELU ? 1e-20 : 0));
  for (let at: usize = 0; at <= last; at += 16) v128.store(to + at, f32x4.div(v128.load(to + at), divisor));
}
