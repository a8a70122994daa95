import type { Algorithm } from "./algorithm.ts";
import type { Device } from "../device/device.ts";
import { direct } from "./convolution.ts";
import type { Convolution } from "./geometry.ts";
import { suits, winograd } from "./winograd.ts";

/** Chooses the faster algorithm for a convolution. */
export function algorithmFor(device: Device, sizes: Convolution): Algorithm {
  return suits(device, sizes) ? winograd : direct;
}
