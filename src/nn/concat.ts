import { ShapeError, ValueError } from "../errors.ts";
import { requireInputs } from "../inputs.ts";
import { rows } from "../layout.ts";
import { formatShape, padded, sameShape } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { kindOf, remedyFor } from "../values.ts";
import { rearrange } from "./permute.ts";

/**
 * Puts the channels of several maps side by side: of [h, w, a] and [h, w, b] it makes [h, w, a + b]. All sizes but the
 * last are to be the same.
 * @throws ValueError for what is no list of tensors, ShapeError, DisposedError, DeviceError
 * @example const both = concat([features, scores]);
 */
export function concat(maps: readonly Tensor[]): Tensor {
  if (!Array.isArray(maps) || maps.length === 0) {
    throw new ValueError({
      where: "concat",
      expected: "an array of one tensor or more",
      got: Array.isArray(maps) ? "an empty one" : kindOf(maps),
      remedy: remedyFor(maps, "write concat([a, b])"),
    });
  }
  const device = requireInputs("concat", Object.fromEntries(maps.map((map, i) => [`maps[${i}]`, map])));
  return device.attempt(() => joined(maps));
}

function joined(maps: readonly Tensor[]): Tensor {
  checkShapes(maps);
  const { device, shape } = maps[0]!;
  const firsts = maps.map((_, i) => maps.slice(0, i).reduce((sum, { channels }) => sum + channels, 0));
  const result = device.empty([...shape.slice(0, -1), firsts.at(-1)! + maps.at(-1)!.channels]);
  const { channels, rows: pixels } = result;
  maps.forEach((map, i) => {
    const strides = [0, 0, padded(map.channels), 1] as const;
    const source = { storage: map.storage, format: "float32", strides } as const;
    const target = { storage: result.storage, channels, firstChannel: firsts[i]! };
    rearrange(device, [1, 1, pixels, map.channels], source, target);
  });
  return record(result, maps, [], (gradient, wanted) =>
    maps.map((map, i) => {
      if (!wanted[i]) return undefined;
      const own = emptyLike(map);
      const strides = [0, 0, padded(channels), 1] as const;
      const source = { storage: gradient.storage, format: "float32", strides, first: firsts[i]! } as const;
      rearrange(device, [1, 1, pixels, map.channels], source, { storage: own.storage, channels: map.channels });
      return own;
    }),
  );
}

function checkShapes(maps: readonly Tensor[]): void {
  const { shape } = maps[0]!;
  const wrong = maps.find((map) => map.layout !== rows || !sameShape(map.shape.slice(0, -1), shape.slice(0, -1)));
  if (!wrong) return;
  throw new ShapeError({
    where: "concat",
    expected: `maps ${formatShape(shape.slice(0, -1)).replace("]", ", …]")} that differ in channels alone`,
    got: `${formatShape(wrong.shape)} in layout ${wrong.layout.name}`,
    remedy: "crop or resize them to one size",
  });
}
