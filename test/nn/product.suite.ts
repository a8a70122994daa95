import { product, productOfBlocks } from "../../src/nn/product.ts";
import type { Storage } from "../../src/device/device.ts";
import { Memory } from "../memory.ts";
import { type Case, check, close, random, same } from "../suite.ts";
import { withProperty } from "./convolutions.ts";

/** A product of matrices whose terms lie in rows and columns, as pixels of a map do, `batch` of them. */
const sizes = [
  { columnPanels: 1, batch: 1, rowPanels: 1, termRows: 1, termColumns: 1, batchColumns: 1, batchColumnStride: 1 },
  { columnPanels: 2, batch: 3, rowPanels: 5, termRows: 1, termColumns: 7, batchColumns: 1, batchColumnStride: 1 },
  { columnPanels: 1, batch: 2, rowPanels: 17, termRows: 3, termColumns: 4, batchColumns: 1, batchColumnStride: 1 },
  // Blocks of a sum: three of 16 terms, each from every panel, in a batch of two rows.
  { columnPanels: 3, batch: 6, rowPanels: 2, termRows: 1, termColumns: 16, batchColumns: 3, batchColumnStride: 16 },
] as const;

export const cases: Case[] = [
  {
    name: "sums the terms of each row and column panel by the definition, and adds to what is there where asked",
    async run(device) {
      for (const size of sizes) {
        const { columnPanels, batch, rowPanels, termRows, termColumns, batchColumns, batchColumnStride } = size;
        using memory = new Memory(device);
        const numbers = random(batch + rowPanels);
        const terms = termRows * termColumns;
        // As in a convolution, product b reads the left operand shifted by some rows and columns of its map.
        const leftRowStride = termColumns + (batchColumns - 1) * batchColumnStride;
        const leftPanelStride = (termRows + Math.ceil(batch / batchColumns) - 1) * leftRowStride;
        // Panels of the right operand hold more than one product reads.
        const rightBatchStride = batchColumns > 1 ? terms : columnPanels * terms;
        const rightPanelStride = batchColumns > 1 ? batch * terms : terms;
        const left = numbers.array(rowPanels * leftPanelStride * 4, -1, 1);
        const right = numbers.array(batch * columnPanels * terms * 8, -1, 1);
        const count = columnPanels * batch * rowPanels * 4 * 8;
        const result = memory.result(count);
        const args = {
          ...{ left: memory.of(left), right: memory.of(right), result },
          ...{ ...size, termStride: 1, firstColumnPanel: 0 },
          ...{ leftRowStride, leftPanelStride, rightBatchStride, rightPanelStride },
        };
        const expected = new Float64Array(count);
        for (let i = 0; i < expected.length; i++) {
          const [column, lane] = [i % 8, Math.floor(i / 8) % 4];
          const rowPanel = Math.floor(i / 32) % rowPanels;
          const b = Math.floor(i / 32 / rowPanels) % batch;
          const columnPanel = Math.floor(i / 32 / rowPanels / batch);
          for (let row = 0; row < termRows; row++) {
            for (let term = 0; term < termColumns; term++) {
              const shift = (b % batchColumns) * batchColumnStride;
              const leftRow = row + Math.floor(b / batchColumns);
              const leftAt = rowPanel * leftPanelStride + leftRow * leftRowStride + term + shift;
              const rightAt = columnPanel * rightPanelStride + b * rightBatchStride + row * termColumns + term;
              expected[i]! += left[leftAt * 4 + lane]! * right[rightAt * 8 + column]!;
            }
          }
        }
        // There are as many roundings as terms, and one more for what is added, of sums below twice the number of
        // terms.
        const absolute = (terms + 1) * 2 ** -24 * 2 * terms;
        product(device, { ...args, accumulate: 0 });
        close(await memory.floats(result), expected, { absolute }, `${terms} terms`);
        product(device, { ...args, accumulate: 1 });
        close(
          await memory.floats(result),
          expected.map((sum) => 2 * sum),
          { absolute: 2 * absolute },
          "twice",
        );
      }
    },
  },
  {
    name: "blocks of a sum are added up in order, to what is there where asked, as if one were computed after the other",
    async run(device) {
      using memory = new Memory(device);
      const [columnPanels, batch, rowPanels, terms, count] = [2, 3, 2, 5, 4];
      const numbers = random(7);
      const lefts = Array.from({ length: count }, () => numbers.array(batch * rowPanels * terms * 4, -1, 1));
      const rights = Array.from({ length: count }, () => numbers.array(batch * columnPanels * terms * 8, -1, 1));
      const joined = (blocks: readonly Float32Array[]): Float32Array =>
        Float32Array.from(blocks.flatMap((block) => [...block]));
      const sizes = {
        ...{ columnPanels, batch, rowPanels, termRows: 1, termColumns: terms, termStride: 1, firstColumnPanel: 0 },
        ...{ batchColumns: 1, batchColumnStride: 1, leftRowStride: rowPanels * terms, leftPanelStride: terms },
        ...{ rightBatchStride: columnPanels * terms, rightPanelStride: terms },
      };
      const results = [1, 2].map(() => memory.result(columnPanels * batch * rowPanels * 4 * 8));
      const [together, apart] = results as [Storage, Storage];
      const all = { ...sizes, left: memory.of(joined(lefts)), right: memory.of(joined(rights)), result: together };
      for (const accumulate of [0, 1]) {
        productOfBlocks(device, { ...all, accumulate }, count);
        for (let block = 0; block < count; block++) {
          const [left, right] = [memory.of(lefts[block]!), memory.of(rights[block]!)];
          product(device, {
            ...sizes,
            left,
            right,
            result: apart,
            accumulate: Math.max(accumulate, Math.min(block, 1)),
          });
        }
        same(await memory.floats(together), await memory.floats(apart), `accumulate ${accumulate}`);
      }
    },
  },
  {
    name: "a product that takes longer than a dispatch may is computed in ranges of column panels, to the bit",
    async run(device) {
      using memory = new Memory(device);
      const { limits } = device;
      // A panel of the result has 512 bytes, so that a binding may begin at each.
      const [batch, rowPanels, columnPanels, terms, panels] = [2, 2, 4, 5, 6];
      const numbers = random(3);
      const args = {
        left: memory.of(numbers.array(batch * rowPanels * terms * 4, -1, 1)),
        right: memory.of(numbers.array(batch * panels * terms * 8, -1, 1)),
        ...{ columnPanels, batch, rowPanels, termRows: 1, termColumns: terms, termStride: 1, firstColumnPanel: 1 },
        ...{ batchColumns: 1, batchColumnStride: 0, leftRowStride: rowPanels * terms, leftPanelStride: terms },
        ...{ rightBatchStride: panels * terms, rightPanelStride: terms, accumulate: 0 },
      };
      const length = columnPanels * batch * rowPanels * 32;
      const [whole, parts] = [memory.result(length), memory.result(length)];
      product(device, { ...args, result: whole });
      const places: string[] = [];
      using _observation = device.observe({
        before: ({ args }) => places.push(`${String(args["firstColumnPanel"])}+${String(args["columnPanels"])}`),
      });
      // Two operations for each product of a term.
      const operations = length * terms * 2;
      await withProperty(device, "limits", { ...limits, operations: operations / columnPanels }, () => {
        product(device, { ...args, result: parts });
        return Promise.resolve();
      });
      check(places.join() === "1+1,2+1,3+1,4+1", places.join());
      same(await memory.floats(parts), await memory.floats(whole), "in ranges");
    },
  },
];
