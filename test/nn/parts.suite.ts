import type { PixelMapping } from "../../src/nn/geometry.ts";
import type { MapSize } from "../../src/nn/mapSize.ts";
import { bindImageRows, type Piece, pieces, rowBytes } from "../../src/nn/parts.ts";
import { type Case, check } from "../suite.ts";
import { paperDevice, withBindings } from "./convolutions.ts";

/** A row of two quads by three pixels, and one of one quad by five. */
const sizes = { input: { width: 3, channels: 5 }, output: { width: 5, channels: 4 } };

const mappings: readonly (PixelMapping & { readonly kernelHeight: number })[] = [
  { kernelHeight: 1, stride: 1, inputDilation: 1, paddingY: 0, paddingX: 0 },
  { kernelHeight: 3, stride: 1, inputDilation: 1, paddingY: 1, paddingX: 1 },
  { kernelHeight: 3, stride: 1, inputDilation: 1, paddingY: 9, paddingX: 9 },
  { kernelHeight: 5, stride: 3, inputDilation: 1, paddingY: 2, paddingX: 0 },
  { kernelHeight: 2, stride: 4, inputDilation: 1, paddingY: 0, paddingX: 0 },
  { kernelHeight: 4, stride: 1, inputDilation: 2, paddingY: 3, paddingX: 3 },
  { kernelHeight: 5, stride: 1, inputDilation: 3, paddingY: 1, paddingX: 1 },
];

/** How many rows of the output one piece has: as many as fit, of the output and of the input that they are made of. */
function rowsOfPiece(
  { kernelHeight, stride, inputDilation }: (typeof mappings)[number],
  [inputRows, outputRows]: readonly [number, number],
  together: number,
): number {
  let most = together;
  for (let rows = together; rows <= outputRows; rows += together) {
    // Between the first row and the last that a tap may fall on, both included.
    const taken = Math.floor(((rows - 1) * stride + kernelHeight - 1) / inputDilation) + 1;
    if (taken <= inputRows) most = rows;
  }
  return most;
}

/** Fails unless every tap of every row of the piece falls on the row of the input that it falls on without pieces. */
function checkTaps(
  { input, output, mapping }: Piece,
  { kernelHeight, stride, inputDilation, paddingY }: (typeof mappings)[number],
  height: number,
  what: string,
): void {
  for (let row = 0; row < output.height; row++) {
    for (let tap = 0; tap < kernelHeight; tap++) {
      const whole = ((output.first + row) * stride + tap - paddingY) / inputDilation;
      const own = (row * mapping.stride + tap - mapping.paddingY) / mapping.inputDilation;
      const isRow = Number.isInteger(whole) && whole >= 0 && whole < height;
      const isOwn = Number.isInteger(own) && own >= 0 && own < input.height;
      check(isRow === isOwn, `${what}: tap ${tap} of row ${row} of ${output.first}…: row ${own}, not ${whole}`);
      check(!isRow || own + input.first === whole, `${what}: row ${own} from ${input.first} on is not ${whole}`);
    }
  }
}

export const cases: Case[] = [
  {
    name: "rows of an image are bound as far as it has them, and one row where it has none",
    async run(device) {
      const map: MapSize = { images: 3, height: 7, width: 3, channels: 5 };
      check(rowBytes(map) === 3 * 8 * 4, `${rowBytes(map)} bytes`);
      const storage = { handle: undefined, offset: 0, bytes: 3 * 7 * 96 };
      for (const [first, rows, begin, height] of [
        [0, 7, 0, 7],
        [2, 3, 2, 3],
        [-1, 3, 0, 2],
        [5, 5, 5, 2],
        [-5, 20, 0, 7],
        [-5, 3, 0, 1],
        [-3, 3, 0, 1],
        [6, 1, 6, 1],
        [7, 2, 6, 1],
        [9, 2, 6, 1],
      ] as const) {
        const bound = bindImageRows(device, map, storage, { image: 2, first, rows });
        const what = `rows ${first} to ${first + rows}`;
        check(bound.first === begin && bound.height === height, `${what}: ${bound.height} from ${bound.first} on`);
        check(bound.images === 1 && bound.width === 3 && bound.channels === 5, `${what}: another map`);
        const at = (2 * 7 + begin) * 96;
        check(bound.storage.offset + bound.skip * 16 === at, `${what}: ${bound.storage.offset}, skip ${bound.skip}`);
        check(bound.storage.offset % device.limits.alignment === 0, `${what}: ${bound.storage.offset}`);
        check(bound.storage.bytes === bound.skip * 16 + height * 96, `${what}: ${bound.storage.bytes} bytes`);
      }
    },
  },
  {
    name: "pieces cover the output in order, are as long as a binding allows, and have the rows that they depend on",
    async run(device) {
      const { alignment } = device.limits;
      for (const mapping of mappings) {
        for (const together of [1, 2]) {
          const input: MapSize = { ...sizes.input, images: 2, height: 31 };
          const output: MapSize = { ...sizes.output, images: 2, height: mapping.inputDilation * 17 };
          const [inputRow, outputRow] = [rowBytes(input), rowBytes(output)];
          const storages = {
            input: { handle: undefined, offset: 0, bytes: 2 * 31 * inputRow },
            output: { handle: undefined, offset: 0, bytes: 2 * output.height * outputRow },
          };
          const largest = Math.max(storages.input.bytes, storages.output.bytes);
          const convolution = {
            input,
            output,
            kernelHeight: mapping.kernelHeight,
            kernelWidth: 1,
            stride: 1,
            padding: 0,
          };
          const cut = (bindingBytes: number): Promise<Piece[]> =>
            withBindings(device, bindingBytes, async () => [
              ...pieces(device, convolution, mapping, storages, { together }),
            ]);
          const what = `${JSON.stringify(mapping)}, ${together} rows together`;
          const whole = await cut(largest);
          check(
            whole.length === 1 && whole[0]!.mapping === mapping,
            `${what}: ${whole.length} pieces in a large binding`,
          );
          const { input: from, output: to } = whole[0]!;
          check(from.storage === storages.input && to.storage === storages.output, `${what}: the whole maps`);
          check(from.images === 2 && from.skip === 0 && from.first === 0 && from.height === 31, `${what}: all rows`);
          check(to.images === 2 && to.skip === 0 && to.first === 0, `${what}: all rows of the output`);
          for (const rooms of [
            [30, 9],
            [12, 30],
            [7, 8],
            [3, 3],
            [1, 1],
          ]) {
            for (const less of [0, 1]) {
              const room = Math.max(rooms[0]! * inputRow, rooms[1]! * outputRow) - less;
              if (room + alignment >= largest) continue;
              const found = await cut(room + alignment);
              const fit = [Math.floor(room / inputRow), Math.floor(room / outputRow)] as const;
              const most = rowsOfPiece(mapping, fit, together);
              const ranges = [0, 1].flatMap((image) =>
                Array.from({ length: Math.ceil(output.height / most) }, (_, i) => {
                  return [image, i * most, Math.min(most, output.height - i * most)] as const;
                }),
              );
              check(
                found.length === ranges.length,
                `${what}, ${room} bytes: ${found.length}, not ${ranges.length} pieces`,
              );
              ranges.forEach(([image, first, rows], i) => {
                const { output: own } = found[i]!;
                check(
                  own.first === first && own.height === rows,
                  `${what}, ${room} bytes: rows ${own.first} + ${own.height}`,
                );
                const at = (image * output.height + first) * outputRow;
                check(
                  own.storage.offset + own.skip * 16 === at,
                  `${what}, ${room} bytes: piece ${i} at ${own.storage.offset}`,
                );
                const source = found[i]!.input;
                const start = (image * 31 + source.first) * inputRow;
                check(
                  source.storage.offset + source.skip * 16 === start,
                  `${what}, ${room} bytes: input of piece ${i}`,
                );
                checkTaps(found[i]!, mapping, 31, `${what}, ${room} bytes`);
                const needed = rowsNeeded(mapping, first, rows, 31);
                check(
                  source.height === needed,
                  `${what}, ${room} bytes: ${source.height} rows of the input, not ${needed}`,
                );
              });
            }
          }
        }
      }
    },
  },
  {
    name: "maps that are stored as halves are computed in bands of 4 MiB in single precision, of 16 on a GPU",
    run(real) {
      for (const [input, output, asStored, ofProcessor, ofGpu] of [
        [true, true, false, "1023,1023,1023,1023,908", "4095,905"],
        [true, false, false, "1023,1023,1023,1023,908", "4095,905"],
        [false, true, false, "1023,1023,1023,1023,908", "4095,905"],
        [true, false, true, "5000", "5000"],
        [false, false, false, "5000", "5000"],
      ] as const) {
        // A row has 4 KiB, and the first one of a band may lie up to 256 bytes behind where a binding begins.
        const size = { images: 1, height: 5000, width: 256, channels: 4 };
        const sizes = { input: { ...size, halves: input }, output: { ...size, halves: output }, kernelHeight: 1 };
        for (const hardware of [false, true]) {
          const { device, storage } = paperDevice(real, 2 ** 30, hardware);
          const found = [...pieces(device, sizes, mappings[0]!, { input: storage, output: storage }, { asStored })];
          const heights = found.map((piece) => piece.output.height).join();
          check(heights === (hardware ? ofGpu : ofProcessor), `${hardware ? "GPU" : "processor"}: ${heights} rows`);
          for (const piece of found) {
            check(
              !piece.output.halves && !!piece.input.halves === (input && asStored),
              "widened, and rounded after it",
            );
            check(!output || piece.output.storage.bytes === piece.output.height * 4096, "scratch memory");
          }
        }
      }
      return Promise.resolve();
    },
  },
  {
    name: "pieces have whole blocks of rows, wherever a binding holds a block",
    async run(device) {
      const map: MapSize = { images: 1, height: 14, width: 16, channels: 4 };
      const storage = { handle: undefined, offset: 0, bytes: 14 * 256 };
      const { alignment } = device.limits;
      for (const [rows, expected] of [
        [2, "2,2,2,2,2,2,2"],
        [3, "3,3,3,3,2"],
        [4, "3,3,3,3,2"],
        [7, "6,6,2"],
      ] as const) {
        const found = await withBindings(device, rows * 256 + alignment, async () => [
          ...pieces(
            device,
            { input: map, output: map, kernelHeight: 1 },
            mappings[0]!,
            { input: storage, output: storage },
            { block: 3 },
          ),
        ]);
        const heights = found.map(({ output }) => output.height).join();
        check(heights === expected, `${rows} rows fit: ${heights}`);
      }
    },
  },
];

/** How many rows of the input lie between the first and the last that rows of the output may depend on; one if none does. */
function rowsNeeded(
  { kernelHeight, stride, inputDilation, paddingY }: (typeof mappings)[number],
  first: number,
  rows: number,
  height: number,
): number {
  let needed = 0;
  for (let row = 0; row < height; row++) {
    const at = row * inputDilation + paddingY;
    if (at >= first * stride && at <= (first + rows - 1) * stride + kernelHeight - 1) needed++;
  }
  return Math.max(1, needed);
}
