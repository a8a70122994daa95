/** Twin of kernels/optim/adam.wgsl. */
export function adam(
  gradient: usize,
  factor: usize,
  mean: usize,
  square: usize,
  parameter: usize,
  count: u32,
  rate: f32,
  meanDecay: f32,
  squareDecay: f32,
  meanShare: f32,
  squareShare: f32,
  meanCorrection: f32,
  squareCorrection: f32,
  epsilon: f32,
  decay: f32,
  shrink: f32,
  begin: u32,
  end: u32,
): void {
  const factors = f32x4.splat(load<f32>(factor));
  const decays = f32x4.splat(decay);
  const meanDecays = f32x4.splat(meanDecay);
  const squareDecays = f32x4.splat(squareDecay);
  const meanShares = f32x4.splat(meanShare);
  const squareShares = f32x4.splat(squareShare);
  const meanCorrections = f32x4.splat(meanCorrection);
  const squareCorrections = f32x4.splat(squareCorrection);
  const epsilons = f32x4.splat(epsilon);
  const rates = f32x4.splat(rate);
  const shrinks = f32x4.splat(shrink);
  for (let index = <usize>begin; index < <usize>end; index++) {
    const at = index << 4;
    const w = v128.load(parameter + at);
    const g = f32x4.add(f32x4.mul(factors, v128.load(gradient + at)), f32x4.mul(decays, w));
    const m = f32x4.add(f32x4.mul(meanDecays, v128.load(mean + at)), f32x4.mul(meanShares, g));
    const own = f32x4.mul(f32x4.mul(squareShares, g), g);
    const v = f32x4.add(f32x4.mul(squareDecays, v128.load(square + at)), own);
    v128.store(mean + at, m);
    v128.store(square + at, v);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(v, squareCorrections)), epsilons);
    const step = f32x4.div(f32x4.mul(m, meanCorrections), root);
    const moved = f32x4.sub(w, f32x4.mul(rates, step));
    v128.store(parameter + at, f32x4.sub(moved, f32x4.mul(shrinks, w)));
  }
}
