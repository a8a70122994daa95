import type { Algorithm } from "./algorithm.ts";
import type { Device } from "../device/device.ts";
import { direct } from "./convolution.ts";
import type { Convolution } from "./geometry.ts";
import { patches } from "./patches.ts";
import { suits, winograd } from "./winograd.ts";

/** Chooses the fastest algorithm for a convolution. */
export function algorithmFor(device: Device, sizes: Convolution): Algorithm {
  if (suits(device, sizes)) return winograd;
  return device.kind === "webgpu" ? patches : direct;
}
