import type { Device } from "../device/device.ts";

/** How fast the forms of a kernel are, each in relation to the others, where all invocations have work. A form that is not named is not taken. */
export type Speeds = Readonly<Record<string, number>>;

/** What is known of a kind of adapter before anything is measured. */
export interface Rule {
  readonly product: Speeds;
  readonly convolution: Speeds;
  /** So many workgroups it takes to give all of an adapter work; fewer take as long. */
  readonly workgroups: number;
}

/**
 * The speeds are shares of the peak as compilers' code promises them (multiply-adds among the instructions of the inner loop, spilled registers,
 * lines that a load touches), not measurements, but for those of adapters that compute on the processor. Tiles of 8 by 8 sums an
 * invocation need 118 registers and more.
 */
const large = { registers: 0.22, small: 0.4, tiled: 0.5 };
const largeConvolution = { registers: 0.22, small: 0.34, tiled: 0.42 };

const rules = {
  /** Two workgroups for each of the 132 multiprocessors of the largest. */
  nvidia: { product: large, convolution: largeConvolution, workgroups: 264 },
  amd: { product: large, convolution: largeConvolution, workgroups: 192 },
  apple: { product: large, convolution: largeConvolution, workgroups: 40 },
  /** Intel, Qualcomm, Arm and what phones have: 64 registers of four bytes an invocation, beyond which variables go through memory. */
  narrow: {
    product: { registers: 0.22, small: 0.2, tiled: 0.08 },
    convolution: { registers: 0.06, small: 0.2, tiled: 0.03 },
    workgroups: 48,
  },
  /** An adapter that does not tell its vendor: what is nowhere slow comes first. */
  unknown: {
    product: { registers: 0.22, small: 0.3, tiled: 0.2 },
    convolution: { registers: 0.15, small: 0.3, tiled: 0.15 },
    workgroups: 64,
  },
  /** Measured on lavapipe with vectors of 256 bits: a subgroup is a vector. */
  processor: {
    product: { subgroup: 1.3, registers: 1, small: 0.5, tiled: 0.45 },
    convolution: { registers: 1, small: 0.6, tiled: 0.85 },
    workgroups: 1,
  },
} as const satisfies Record<string, Rule>;

const vendors: readonly (readonly [RegExp, keyof typeof rules])[] = [
  [/nvidia|geforce|\b10de\b|\b4318\b/, "nvidia"],
  [/\bamd\b|\bati\b|radeon|\b1002\b|\b4098\b/, "amd"],
  [/apple/, "apple"],
  [/intel|qualcomm|adreno|\barm\b|mali|img-tec|powervr|samsung|broadcom|\b32902\b/, "narrow"],
];

/** The rule for an adapter, by its vendor, model and architecture: names, or the PCI number of the vendor, as Deno gives it. */
export function ruleFor({ info }: Device): Rule {
  if (!info.hardware) return rules.processor;
  const told = [info.vendor, info.model, info.variant, info.name].join(" ").toLowerCase();
  return rules[vendors.find(([pattern]) => pattern.test(told))?.[1] ?? "unknown"];
}
