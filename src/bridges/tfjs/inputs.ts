import { ShapeError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { requireNumeric } from "./fromTf.ts";
import type { TfTensor } from "./module.ts";

/** @throws ValueError for what are no numbers, ShapeError for what are no maps with channels last, DisposedError */
export function requireMaps(where: string, maps: Readonly<Record<string, TfTensor>>): void {
  for (const [name, tensor] of Object.entries(maps)) {
    requireNumeric(where, name, tensor);
    const { shape } = tensor;
    if (shape.length === 3 || shape.length === 4) continue;
    const expected = `${name} [h, w, c] or [n, h, w, c]`;
    throw new ShapeError({ where, expected, got: formatShape(shape), remedy: "reshape it: channels come last" });
  }
}
