/** Turns one map `[channels, height, width]` into `[height, width, channels]`. */
export function channelsLast(values: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  const pixels = values.length / channels;
  const turned = new Float32Array(values.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < pixels; pixel++) turned[pixel * channels + channel] = values[channel * pixels + pixel]!;
  }
  return turned;
}
