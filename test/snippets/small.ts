/** The library with networks of a few channels by default, since at full width one of them takes half a gigabyte. */
import * as library from "../../src/index.ts";
import type { Device, Fcn8sCrfRnnOptions, Fcn8sOptions } from "../../src/index.ts";

export * from "../../src/index.ts";

const small = { widths: [4, 4, 4, 4, 4], fc: 4 };

export const fcn8s = (device: Device, options: Fcn8sOptions) => library.fcn8s(device, { ...small, ...options });

export const fcn8sCrfRnn = (device: Device, options: Fcn8sCrfRnnOptions) =>
  library.fcn8sCrfRnn(device, { ...small, ...options });
