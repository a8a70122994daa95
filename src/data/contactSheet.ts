import type Sharp from "sharp";
import type { Dataset, Item } from "./dataset.ts";
import { decodeImage } from "./images.ts";
import { drawOverlay } from "./overlay.ts";
import { loadSharp } from "./sharp.ts";

/** One cell of a contact sheet, in pixels; the caption stands below. */
const cell = { width: 240, height: 180, caption: 18, gap: 6 } as const;

/**
 * Draws a PNG of photographs with their labels over them, each above its id, row by row in the given order.
 * Needs the package `sharp`.
 * @throws FormatError where an image or its labels cannot be read
 */
export async function drawContactSheet(dataset: Dataset, items: readonly Item[], columns = 6): Promise<Uint8Array> {
  const sharp = await loadSharp("contact sheet", "draws it");
  const across = Math.max(1, Math.min(columns, items.length));
  const stepX = cell.width + cell.gap;
  const stepY = cell.height + cell.caption + cell.gap;
  const tiles = [];
  for (const [i, item] of items.entries()) {
    const [left, top] = [cell.gap + (i % across) * stepX, cell.gap + Math.floor(i / across) * stepY];
    tiles.push({ input: await drawTile(sharp, dataset, item), left, top });
    tiles.push({ input: caption(item.id), left, top: top + cell.height });
  }
  const width = cell.gap + across * stepX;
  const height = cell.gap + Math.ceil(items.length / across) * stepY;
  return sharp({ create: { width, height, channels: 3, background: "#202020" } })
    .composite(tiles)
    .removeAlpha()
    .png()
    .toBuffer();
}

async function drawTile(sharp: typeof Sharp, dataset: Dataset, item: Item): Promise<Buffer> {
  const image = await decodeImage(await item.imageBytes(), item.image);
  const overlay = drawOverlay(image, { ...(await item.labels()), palette: dataset.palette });
  return sharp(overlay, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize({ width: cell.width, height: cell.height, fit: "contain", background: "#202020" })
    .png()
    .toBuffer();
}

/** Ids can hold what SVG reads as markup: only the harmless characters are drawn. */
function caption(id: string): Buffer {
  const text = id.replace(/[^\w .-]/g, "?").slice(-36);
  const style = 'font-family="sans-serif" font-size="12" fill="#e0e0e0"';
  return Buffer.from(
    `<svg width="${cell.width}" height="${cell.caption}"><text x="2" y="13" ${style}>${text}</text></svg>`,
  );
}
