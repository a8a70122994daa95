/** The class of the highest logit at each pixel; the lowest class where several tie. `logits` is `[…, classes]`. */
export function argmax(logits: Float32Array, classes: number): Uint8Array<ArrayBuffer> {
  const labels = new Uint8Array(logits.length / classes);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const first = pixel * classes;
    let best = 0;
    for (let label = 1; label < classes; label++) if (logits[first + label]! > logits[first + best]!) best = label;
    labels[pixel] = best;
  }
  return labels;
}
