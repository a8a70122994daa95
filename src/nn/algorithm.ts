import type { Device, Storage } from "../device/device.ts";
import type { Convolution, Epilogue } from "./geometry.ts";

/** The maps and the weights of a convolution. Each function of an algorithm writes one of the three from the other two. */
export interface Operands {
  /** What is convolved, or its gradient. */
  readonly input: Storage;
  readonly weights: Storage;
  /** The convolution's result, or its gradient. */
  readonly output: Storage;
}

/** One way to compute a convolution and its adjoints. */
export interface Algorithm {
  /** Convolves `input` and writes `output`. */
  convolve(device: Device, sizes: Convolution, operands: Operands, epilogue?: Epilogue): void;
  /**
   * Writes to `input` its gradient from that of `output`. Run forward, this is a transposed convolution, whose map is
   * `output` and whose result is `input`.
   */
  convolveBack(device: Device, sizes: Convolution, operands: Operands, epilogue?: Epilogue): void;
  /** Writes to `weights` their gradient from `input` and the gradient of `output`. */
  weightGradient(device: Device, sizes: Convolution, operands: Operands): void;
}
