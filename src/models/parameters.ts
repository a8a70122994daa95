import type { Device } from "../device/device.ts";
import { LimitError } from "../errors.ts";
import { halfPanels, type Layout, panels, rows } from "../layout.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { initialValues } from "./initial.ts";
import type { Parameter, ParameterTable } from "./layers.ts";

/** Parameters by name, as PyTorch's checkpoints have them. */
export type Parameters = Readonly<Record<string, Tensor>>;

export type Precision = "single" | "half";

/** Makes the tensors of a table. @throws LimitError if the device cannot hold one of them, naming it */
export function makeParameters(
  device: Device,
  table: ParameterTable,
  seed: number,
  precision: Precision = "single",
): Record<string, Tensor> {
  const made: Record<string, Tensor> = {};
  try {
    for (const [name, parameter] of Object.entries(table)) {
      const { shape, initial } = parameter;
      const layout = layoutOf(parameter, precision);
      requireRoom(device, name, shape, layout.length(shape) * 4);
      made[name] = device.tensor(shape, initialValues(initial, name, shape, seed), layout);
    }
  } catch (error) {
    for (const tensor of Object.values(made)) tensor.dispose();
    throw error;
  }
  return made;
}

function layoutOf({ shape, halves }: Parameter, precision: Precision): Layout {
  if (shape.length !== 4) return rows;
  return halves && precision === "half" ? halfPanels : panels;
}

function requireRoom({ kind, limits }: Device, name: string, shape: readonly number[], bytes: number): void {
  if (bytes <= limits.bufferBytes) return;
  throw new LimitError({
    where: `${name} ${formatShape(shape)}`,
    expected: `a device whose buffers hold its ${bytes} bytes`,
    got: `${kind}, whose buffers hold ${limits.bufferBytes}`,
    remedy:
      limits.raise ?? (kind === "webgpu" ? "use the WASM device, or a narrower network" : "use a narrower network"),
  });
}
