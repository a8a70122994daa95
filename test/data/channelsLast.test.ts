import fc from "fast-check";
import { expect, test } from "vitest";
import { channelsLast } from "../../src/data/channelsLast.ts";

test("every value of a map goes to its pixel", () => {
  const map = fc.record({ pixels: fc.nat(12), channels: fc.integer({ min: 1, max: 6 }) });
  fc.assert(
    fc.property(map, ({ pixels, channels }) => {
      const values = Float32Array.from({ length: pixels * channels }, (_, i) => i);
      const before = values.slice();
      const turned = channelsLast(values, channels);
      expect(turned).toHaveLength(values.length);
      turned.forEach((value, i) => expect(value).toBe((i % channels) * pixels + Math.floor(i / channels)));
      expect(values).toEqual(before);
    }),
  );
});
