import type { Device, Storage } from "../device/device.ts";
import type { Convolution, Epilogue } from "./geometry.ts";

/** One way to compute a convolution and its adjoints. */
export interface Algorithm {
  /** Computes the convolution of `values`. */
  convolve(
    device: Device,
    sizes: Convolution,
    values: Storage,
    weights: Storage,
    result: Storage,
    epilogue: Epilogue,
  ): void;
  /**
   * Computes the gradient of a convolution's input from the gradient of its output, which is given as `values`. Run
   * forward, this is a transposed convolution.
   */
  convolveBack(
    device: Device,
    sizes: Convolution,
    values: Storage,
    weights: Storage,
    result: Storage,
    epilogue: Epilogue,
  ): void;
  /** Computes the gradient of a convolution's weights from its input `values` and the gradient of its output. */
  weightGradient(device: Device, sizes: Convolution, values: Storage, gradient: Storage, result: Storage): void;
}
