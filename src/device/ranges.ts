import { type Device, type Storage, view } from "./device.ts";
import { quadBytes } from "../shape.ts";

/** Consecutive rows of a map that one binding can hold. */
export interface RowRange {
  readonly rows: number;
  /** Binds these rows of a map with rows of `rowBytes`. */
  of(storage: Storage, rowBytes: number): Storage;
}

/** A range begins at a multiple of so many rows of a quad or more, which is a multiple of any device's alignment. */
const rowsTogether = 64;

/**
 * Cuts `rows` rows of at most `rowBytes` bytes into ranges that fit a binding. So kernels that treat each row by itself run
 * on maps that are larger than the adapter's largest binding.
 */
export function* rowRanges(device: Device, rows: number, rowBytes: number): Generator<RowRange> {
  const fitting = Math.floor(device.limits.bindingBytes / rowBytes / rowsTogether) * rowsTogether;
  const most = Math.max(rowsTogether, fitting);
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    yield { rows: count, of: (storage, bytes) => view(storage, first * bytes, count * bytes) };
  }
}

/** Rows `first` to `first + rows` of one image of a batch. */
export interface ImageRowRange {
  readonly image: number;
  readonly first: number;
  readonly rows: number;
}

/** Cuts the `rows` rows of each of `images` images into ranges that fit a binding, with `rowBytes` bytes a row. */
export function* imageRowRanges(
  device: Device,
  images: number,
  rows: number,
  rowBytes: number,
): Generator<ImageRowRange> {
  // A binding may begin up to an alignment before the range: see `bindRows`.
  const most = Math.max(1, Math.floor((device.limits.bindingBytes - device.limits.alignment) / rowBytes));
  for (let image = 0; image < images; image++) {
    for (let first = 0; first < rows; first += most) yield { image, first, rows: Math.min(most, rows - first) };
  }
}

/**
 * Binds `rows` rows of a map, beginning at row `first`. A binding must begin at a multiple of the device's alignment,
 * so it begins `skip` quads before them.
 */
export function bindRows(
  device: Device,
  storage: Storage,
  { first, rows, rowBytes }: { readonly first: number; readonly rows: number; readonly rowBytes: number },
): { readonly storage: Storage; readonly skip: number } {
  const before = (first * rowBytes) % device.limits.alignment;
  return { storage: view(storage, first * rowBytes - before, before + rows * rowBytes), skip: before / quadBytes };
}
