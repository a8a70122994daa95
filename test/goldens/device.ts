import { crfRnn, meanField } from "../../src/crf/crfRnn.ts";
import type { Device } from "../../src/device/device.ts";
import { filter } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import type { Tensor } from "../../src/tensor.ts";
import { readTables } from "../lattice/tables.ts";
import type { Implementation, Inference, Rows } from "./implementation.ts";

/** The library on `device`. */
export function onDevice(device: Device): Implementation {
  const tensor = ({ data, channels }: Rows): Tensor => device.tensor([data.length / channels, channels], data);
  return {
    async vertices(features) {
      using points = tensor(features);
      using lattice = await buildLattice(points);
      return lattice.vertices;
    },
    async tables(features) {
      using points = tensor(features);
      return await readTables(points);
    },
    async filter(features, values, options) {
      using points = tensor(features);
      using lattice = await buildLattice(points);
      using input = tensor(values);
      using output = filter(input, lattice, options);
      return await output.read();
    },
    infer: (inference, output) => infer(device, inference, output),
  };
}

async function infer(device: Device, inference: Inference, output: "logits" | "marginals"): Promise<Float32Array> {
  const { size, logits, guide, iterations, ...options } = inference;
  using unary = device.tensor([...size, logits.channels], logits.data);
  using image = device.tensor([...size, guide.channels], guide.data);
  if (output === "marginals") {
    using marginals = await meanField(unary, image, { ...options, iterations });
    return await marginals.read();
  }
  using crf = crfRnn(device, { ...options, classes: logits.channels });
  using result = await crf(unary, image, { iterations });
  return await result.read();
}
