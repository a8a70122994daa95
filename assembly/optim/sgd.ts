import { multiplyAdd } from "../shared/simd";

/** Twin of kernels/optim/sgd.wgsl. */
export function sgd(
  gradient: usize,
  factor: usize,
  velocity: usize,
  parameter: usize,
  count: u32,
  rate: f32,
  momentum: f32,
  decay: f32,
  begin: u32,
  end: u32,
): void {
  const factors = f32x4.splat(load<f32>(factor));
  const rates = f32x4.splat(rate);
  const momenta = f32x4.splat(momentum);
  const decays = f32x4.splat(decay);
  for (let index = <usize>begin; index < <usize>end; index++) {
    const at = index << 4;
    const w = v128.load(parameter + at);
    const g = multiplyAdd(decays, w, f32x4.mul(factors, v128.load(gradient + at)));
    const v = multiplyAdd(rates, g, f32x4.mul(momenta, v128.load(velocity + at)));
    v128.store(velocity + at, v);
    v128.store(parameter + at, f32x4.sub(w, v));
  }
}
