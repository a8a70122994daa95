import { passes } from "./pngChunks.ts";

/**
 * Unpacks samples of 1, 2 or 4 bits from the inflated rows of Adam7's seven passes (PNG third edition, Section 8.1),
 * one byte for each pixel. fast-png 8.0.0 cannot do this: it takes the rows of a pass for as many bytes as they have
 * pixels.
 */
export function deinterlace(rows: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const samples = new Uint8Array(width * height);
  let at = 0;
  for (const [left, top, stepX, stepY] of passes) {
    const columns = Math.ceil((width - left) / stepX);
    const length = Math.ceil((columns * depth) / 8);
    let former: Uint8Array = new Uint8Array(length);
    for (let y = top; y < height && columns > 0; y += stepY) {
      const line = unfilter(rows[at]!, rows.subarray(at + 1, at + 1 + length), former);
      for (let i = 0; i < columns; i++) samples[y * width + left + i * stepX] = sampleAt(line, i * depth, depth);
      former = line;
      at += 1 + length;
    }
  }
  return samples;
}

/** The sample of `depth` bits that begins at a bit of packed bytes. */
export function sampleAt(bytes: ArrayLike<number>, bit: number, depth: number): number {
  return (bytes[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** A row as it was before it was filtered (Section 9.2), where a pixel has a byte at most. */
function unfilter(filter: number, filtered: Uint8Array, former: Uint8Array): Uint8Array {
  const row = filtered.slice();
  for (let i = 0; i < row.length; i++) {
    const [left, above, corner] = i > 0 ? [row[i - 1]!, former[i]!, former[i - 1]!] : [0, former[0]!, 0];
    row[i]! += [0, left, above, (left + above) >> 1, nearest(left, above, corner)][filter]!;
  }
  return row;
}

/** Paeth's predictor (Section 9.4). */
function nearest(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const [byLeft, byAbove, byCorner] = [
    Math.abs(estimate - left),
    Math.abs(estimate - above),
    Math.abs(estimate - corner),
  ];
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}
