import type { Device, Storage } from "../device/device.ts";
import { type ImageRowRange, bindRows } from "../device/ranges.ts";
import { Workspace } from "../device/workspace.ts";
import { padded } from "../shape.ts";
import type { Convolution, PixelMapping } from "./geometry.ts";
import { bandBytes, narrow, wide, widen } from "./halves.ts";
import type { MapSize } from "./mapSize.ts";

/** A map that fits one binding: a whole map, or some rows of one of its images. */
export interface BoundMap extends MapSize {
  readonly storage: Storage;
  /** How many quads the binding has before the first row. */
  readonly skip: number;
  /** The number of the first row in its image. */
  readonly first: number;
}

/**
 * One of the convolutions that a large one is cut into: some rows of the output, all rows of the input that they depend
 * on, and the mapping between the two.
 */
export interface Piece {
  readonly input: BoundMap;
  readonly output: BoundMap;
  readonly mapping: PixelMapping;
}

/**
 * Binds those of the rows `first` … `first + rows` that the image has. If all of them lie outside, it binds one row of
 * the image anyway, because a binding cannot be empty.
 */
export function bindImageRows(
  device: Device,
  map: MapSize,
  storage: Storage,
  { image, first, rows }: ImageRowRange,
): BoundMap {
  const begin = Math.min(Math.max(first, 0), map.height - 1);
  const end = Math.min(Math.max(first + rows, begin + 1), map.height);
  const place = { first: image * map.height + begin, rows: end - begin, rowBytes: rowBytes(map) };
  const bound = bindRows(device, storage, place);
  // A quad of halves has half the bytes.
  const skip = map.halves ? 2 * bound.skip : bound.skip;
  return { ...map, images: 1, height: end - begin, first: begin, storage: bound.storage, skip };
}

/** Where a convolution may be cut. */
interface Cut {
  /** The number of output rows that must stay in one piece. */
  readonly together?: number;
  /** The number of output rows of which a piece has a multiple, wherever so many fit a binding. */
  readonly block?: number;
  /** Whether every image of a batch is a piece of its own. */
  readonly apart?: boolean;
  /** Whether the input is read as it is stored, halves or not. */
  readonly asStored?: boolean;
}

/** The maps of a convolution in memory. */
interface Maps {
  readonly input: Storage;
  readonly output: Storage;
}

type Sizes = Pick<Convolution, "input" | "output" | "kernelHeight">;

/**
 * Cuts a convolution into pieces whose maps fit a binding. At full width the activation of conv1 is 125 MB for 500×500
 * pixels, and a binding often holds 128 MiB. Each pixel is summed as in the whole convolution, so its bits are the
 * same. Maps that are stored as halves are in single precision while a piece is computed, in bands of rows: what was widened
 * before it, unless it is read as it is stored, and is rounded after it lies in scratch memory.
 */
export function* pieces(
  device: Device,
  sizes: Sizes,
  mapping: PixelMapping,
  storages: Maps,
  cut: Cut = {},
): Generator<Piece> {
  const { input, output } = sizes;
  const widens = input.halves && !cut.asStored;
  const most = widens || output.halves ? bandBytes(device) : Infinity;
  for (const piece of cutPieces(device, sizes, mapping, storages, cut, most)) {
    using workspace = new Workspace(device);
    const from = widens ? wide(workspace, piece.input) : piece.input;
    const to = output.halves ? wide(workspace, piece.output) : piece.output;
    if (widens) widen(device, piece.input, from.storage);
    yield { ...piece, input: from, output: to };
    if (output.halves) narrow(device, to.storage, piece.output);
  }
}

/** `mostBytes`: those of the larger map of a piece in single precision. */
function* cutPieces(
  device: Device,
  { input, output, kernelHeight }: Sizes,
  mapping: PixelMapping,
  storages: Maps,
  { together = 1, block = together, apart = false }: Cut,
  mostBytes: number,
): Generator<Piece> {
  const { alignment } = device.limits;
  const bindingBytes = Math.min(device.limits.bindingBytes, mostBytes);
  const floatBytes = (map: MapSize): number => map.images * map.height * floatRowBytes(map);
  const fits = floatBytes(input) <= bindingBytes && floatBytes(output) <= bindingBytes;
  if (fits && !apart) {
    yield {
      input: { ...input, storage: storages.input, skip: 0, first: 0 },
      output: { ...output, storage: storages.output, skip: 0, first: 0 },
      mapping,
    };
    return;
  }
  const { stride, inputDilation, paddingY } = mapping;
  // A binding may begin up to an alignment before its rows: see `bindRows`.
  const roomFor = (map: MapSize): number => Math.floor((bindingBytes - alignment) / floatRowBytes(map));
  // The taps of `rows` rows of the output span (rows − 1)·stride + kernelHeight positions, of which each row of the input
  // takes inputDilation.
  const fed = Math.floor((roomFor(input) * inputDilation - kernelHeight) / stride) + 1;
  const rowsThatFit = Math.min(roomFor(output), fed);
  const whole = rowsThatFit < block ? together : block;
  const most = Math.max(together, Math.floor(rowsThatFit / whole) * whole);
  for (let image = 0; image < output.images; image++) {
    for (let first = 0; first < output.height; first += most) {
      const rows = Math.min(most, output.height - first);
      const top = Math.ceil((first * stride - paddingY) / inputDilation);
      const bottom = Math.floor(((first + rows - 1) * stride + kernelHeight - 1 - paddingY) / inputDilation);
      const taken = bindImageRows(device, input, storages.input, { image, first: top, rows: bottom - top + 1 });
      yield {
        input: taken,
        output: bindImageRows(device, output, storages.output, { image, first, rows }),
        mapping: { ...mapping, paddingY: paddingY - first * stride + taken.first * inputDilation },
      };
    }
  }
}

/** Returns the bytes of a row of a map, padding included. */
export const rowBytes = (map: MapSize): number => floatRowBytes(map) / (map.halves ? 2 : 1);

const floatRowBytes = ({ width, channels }: MapSize): number => width * padded(channels) * 4;
