import type { PixelData } from "crf-rnn";

/** The center of the disk in frame `i`, and its radius. */
function diskAt(i: number, height: number, width: number) {
  const angle = i / 10;
  return { x: width * (0.5 + 0.2 * Math.cos(angle)), y: height * (0.5 + 0.2 * Math.sin(angle)), radius: height / 5 };
}

/** An orange disk that goes round in noise: what there is to see without a file. */
export function* madeFrames(count: number, height: number, width: number): Generator<PixelData> {
  let state = 1;
  // Park and Miller's minimal standard generator: the same numbers everywhere.
  const noise = (): number => ((state = (state * 48271) % 2147483647) / 2147483647 - 0.5) * 30;
  for (let i = 0; i < count; i++) {
    const disk = diskAt(i, height, width);
    const data = new Uint8ClampedArray(height * width * 3);
    for (let pixel = 0; pixel < height * width; pixel++) {
      const inside = Math.hypot((pixel % width) - disk.x, Math.floor(pixel / width) - disk.y) < disk.radius;
      const color = inside ? [238, 136, 51] : [102, 119, 136];
      for (let c = 0; c < 3; c++) data[pixel * 3 + c] = color[c]! + noise();
    }
    yield { data, width, height };
  }
}
