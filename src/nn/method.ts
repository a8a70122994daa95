import type { Device } from "../device/device.ts";
import { direct } from "./convolution.ts";
import type { Convolution, Method } from "./geometry.ts";
import { suits, winograd } from "./winograd.ts";

/** The faster way to compute a convolution. */
export function method(device: Device, sizes: Convolution): Method {
  return suits(device, sizes) ? winograd : direct;
}
