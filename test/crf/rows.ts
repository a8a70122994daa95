import { padded } from "../../src/shape.ts";

/** Dense rows as device memory holds them: zeros up to a multiple of four. */
export function padRows(values: ArrayLike<number>, channels: number): Float32Array {
  const stride = padded(channels);
  return Float32Array.from({ length: (values.length / channels) * stride }, (_, i) =>
    i % stride < channels ? values[Math.floor(i / stride) * channels + (i % stride)]! : 0,
  );
}
