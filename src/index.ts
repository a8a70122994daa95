export type { Device, DeviceInfo, DeviceLimits, Scope, Storage } from "./device/device.ts";
export { open, type OpenOptions } from "./device/open.ts";
export * from "./errors.ts";
export { Tensor } from "./tensor.ts";
export { bilateralFeatures, spatialFeatures } from "./lattice/features.ts";
export { filter, type FilterOptions } from "./lattice/filter.ts";
export { buildLattice, type Lattice } from "./lattice/lattice.ts";
export type { Normalization } from "./lattice/normalization.ts";
