import { view } from "../../device/device.ts";
import { requireInputs } from "../../inputs.ts";
import { dense, denseShape, type MapLayout } from "../../nn/dense.ts";
import { mapSize } from "../../nn/mapSize.ts";
import { type Names, requireOptions } from "../../options.ts";
import { elementsOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { requireChoice } from "../../values.ts";
import { type Ort, type OrtTensor, requireOrt } from "./module.ts";

/** Options of `toOrt`. */
export interface ToOrtOptions {
  /** Whether channels come first (`nchw`, the default) or last. */
  readonly layout?: MapLayout;
  /** Where the numbers are to be. Default: in a GPUBuffer on WebGPU, else on the processor. */
  readonly location?: "cpu" | "gpu-buffer";
}

const where = "toOrt";
const optionNames: Names<ToOrtOptions> = { layout: true, location: true };

/**
 * Makes a float32 tensor of ONNX Runtime, [n, c, h, w] or [n, h, w, c], of a map. In a GPUBuffer the numbers stay where they
 * are if they lie as they are wanted: channels last, and as many of them as four divides. Else a kernel puts them in order,
 * on the GPU. The memory belongs to the tensor of ONNX Runtime until its `dispose()`, whatever becomes of the map.
 * @throws ShapeError for what is no map; ValueError, DisposedError; DeviceError for `gpu-buffer` on WASM
 * @example const { logits } = await session.run({ pixel_values: await toOrt(ort, map) });
 */
export async function toOrt<OfOrt extends OrtTensor>(
  ort: Pick<Ort<OfOrt>, "Tensor">,
  tensor: Tensor,
  options: ToOrtOptions = {},
): Promise<OfOrt> {
  requireOptions(where, options, optionNames);
  const device = requireInputs(where, { map: tensor });
  requireOrt(where, ort);
  const { layout = "nchw", location = device.gpu ? "gpu-buffer" : "cpu" } = options;
  requireChoice(where, "layout", layout, ["nhwc", "nchw"]);
  requireChoice(where, "location", location, ["cpu", "gpu-buffer"]);
  const dims = denseShape(mapSize(where, tensor), layout);
  if (location === "cpu") {
    using flat = dense(tensor, layout);
    return new ort.Tensor("float32", await flat.read(), dims);
  }
  using flat = layout === "nhwc" && tensor.channels % 4 === 0 ? tensor.alias() : dense(tensor, layout);
  const { buffer, release } = device.export(flat);
  const numbers = view(flat.storage, 0, elementsOf(dims) * 4);
  const download = async (): Promise<Float32Array> => new Float32Array(await device.read(numbers));
  return ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims, download, dispose: release });
}
