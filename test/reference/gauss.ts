/** What the lattice approximates: row i is Σ_j exp(−½‖f_i − f_j‖²)·values_j, divided by Σ_j exp(…) if `normalized`. */
export function exactGauss(
  features: ArrayLike<number>,
  dimensions: number,
  values: ArrayLike<number>,
  channels: number,
  normalized: boolean,
): Float64Array {
  const points = features.length / dimensions;
  const result = new Float64Array(points * channels);
  for (let i = 0; i < points; i++) {
    let total = 0;
    for (let j = 0; j < points; j++) {
      let square = 0;
      for (let k = 0; k < dimensions; k++)
        square += (features[i * dimensions + k]! - features[j * dimensions + k]!) ** 2;
      const weight = Math.exp(-square / 2);
      total += weight;
      for (let c = 0; c < channels; c++) result[i * channels + c]! += weight * values[j * channels + c]!;
    }
    if (normalized) for (let c = 0; c < channels; c++) result[i * channels + c]! /= total;
  }
  return result;
}
