import sharp from "sharp";

/** Pixels between two panels and around them. */
const gap = 12;

/** A contact sheet: pictures of one size, RGB `[height, width, 3]`, side by side on white, as a PNG. */
export async function drawSheet(height: number, width: number, panels: readonly Uint8Array[]): Promise<Uint8Array> {
  const sheet = sharp({
    create: {
      width: panels.length * (width + gap) + gap,
      height: height + 2 * gap,
      channels: 3,
      background: "white",
    },
  });
  const composite = panels.map((input, i) => ({
    input: Buffer.from(input),
    raw: { width, height, channels: 3 as const },
    left: gap + i * (width + gap),
    top: gap,
  }));
  return sheet.composite(composite).png().toBuffer();
}
