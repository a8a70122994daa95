import { describe, expect, test } from "vitest";
import type { Metric } from "../../src/train/metrics.ts";
import { packSample, remoteSurroundings, unpackSample } from "../../src/train/remote.ts";
import type { Sample } from "../../src/train/sample.ts";

/** Odd sizes, so that nothing lies at a multiple of four by chance. */
const sample: Sample = {
  id: "ünïcode-7",
  image: { height: 3, width: 5, values: Float32Array.from({ length: 45 }, (_, i) => i + 0.25) },
  labels: Uint8Array.from({ length: 15 }, (_, i) => (i === 3 ? 255 : i % 4)),
};
const logits = { shape: [2, 1, 3] as const, values: Float32Array.of(1, -2, 3.5, 0, 5, -6) };

describe("a page's surroundings", () => {
  test("samples arrive as they were sent, with logits and without", () => {
    for (const sent of [sample, { ...sample, logits }]) {
      expect(unpackSample(packSample(sent).buffer)).toEqual({ logits: undefined, ...sent });
    }
  });

  test("ask for samples by path, send files whole, and tell metrics", async () => {
    const asked: { path: string; body?: string }[] = [];
    const told: Metric[] = [];
    const surroundings = remoteSurroundings(
      { train: 2, val: 1 },
      async (path, options) => {
        asked.push({ path, body: options?.body ? await (options.body as Blob).text() : undefined });
        return new Response(packSample(sample));
      },
      async (metric) => {
        told.push(metric);
        return { stop: true };
      },
    );
    expect(await surroundings.sample("val", 0)).toEqual({ ...sample, logits: undefined });
    const buffer = new Uint8Array(2);
    await surroundings.save("checkpoint.safetensors", async (sink) => {
      for (const text of ["ab", "cd"]) await sink.write((buffer.set(new TextEncoder().encode(text)), buffer)); // used again
    });
    const metric: Metric = { event: "step", step: 1, epoch: 1, loss: 1, lossPerPixel: 1, rate: 1, seconds: 1 };
    expect(await surroundings.record(metric)).toEqual({ stop: true });
    expect(asked).toEqual([
      { path: "sample/val/0", body: undefined },
      { path: "save/checkpoint.safetensors", body: "abcd" },
    ]);
    expect(told).toEqual([metric]);
  });
});
