/**
 * A GPU that the model of time knows. Rates are the maker's figures for float32 without matrix units; shares and latencies
 * are assumptions, of which bench/results/gpu-plan.md says where they come from.
 */
export interface AdapterModel {
  readonly id: string;
  readonly name: string;
  /** Matches the names that drivers give it. */
  readonly matches: RegExp;
  /** What its driver says of it. */
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
    readonly subgroupMinSize: number;
    readonly subgroupMaxSize: number;
  };
  /** TFLOP/s, a multiply-add counted as two. */
  readonly teraflops: number;
  /** GB/s of memory, and of the last cache before it with its size in bytes. */
  readonly gigabytes: number;
  readonly cacheGigabytes: number;
  readonly cacheBytes: number;
  /** Multiprocessors, cores or slices, and the invocations that each needs to be busy. */
  readonly units: number;
  readonly unitInvocations: number;
  /**
   * What share of the peak the forms of the kernels that multiply reach when the GPU is full; `other` is for all other
   * kernels that compute.
   */
  readonly shares: {
    readonly product: Shares;
    readonly convolution: Shares;
    readonly other: number;
  };
  /** Nanoseconds of one dependent iteration, by what an invocation waits for in it. */
  readonly latencies: Readonly<Record<Wait, number>>;
  /** Microseconds from the end of a dispatch to the beginning of the next, that depends on it. */
  readonly dispatchMicroseconds: number;
  /** Of the processor beside it: microseconds a dispatch (JavaScript and the browser's checks), and a round trip. */
  readonly hostMicroseconds: number;
  readonly roundTripMicroseconds: number;
}

/** By the names of forms; one that is not named is taken for the usual one, `registers`. */
export type Shares = Readonly<Record<string, number>> & { readonly registers: number };

/**
 * What a dependent iteration waits for: a chunk of tiles (loads from memory, a barrier, its multiply-adds), a term (a load
 * of both operands), two loads of which the second needs the first, or one load.
 */
export type Wait = "chunk" | "term" | "gather" | "load";

const nvidia = {
  shares: {
    // Four fifths of the multiply-adds' share of a chunk's instructions: 76 % for products where a chunk has a constant
    // length (sm_90), and for convolutions as much less as on RDNA 3.
    product: { registers: 0.22, tiled: 0.6, small: 0.4, subgroup: 0.1 },
    convolution: { registers: 0.22, tiled: 0.5, small: 0.34, subgroup: 0.1 },
    other: 0.2,
  },
  dispatchMicroseconds: 3,
  hostMicroseconds: 40,
  roundTripMicroseconds: 100,
} as const;

const discrete = (gigahertz: number): AdapterModel["latencies"] => ({
  // 900 cycles a chunk of either tiled form, as its loads, waits and multiply-adds stand in NVIDIA's machine code.
  chunk: 900 / gigahertz,
  term: 250 / gigahertz,
  gather: 300,
  load: 200,
});

/** The GPUs that a plan is made for. */
export const adapterModels: readonly AdapterModel[] = [
  {
    id: "h100",
    name: "NVIDIA H100 SXM",
    matches: /H100/i,
    info: describe("nvidia", "hopper", "NVIDIA H100 80GB HBM3", 32, 32),
    teraflops: 66.9,
    gigabytes: 3350,
    cacheGigabytes: 5500,
    cacheBytes: 50e6,
    units: 132,
    unitInvocations: 128,
    latencies: discrete(1.755),
    ...nvidia,
  },
  {
    id: "rtx4070",
    name: "NVIDIA GeForce RTX 4070",
    matches: /RTX 4070(?! ?(Ti|SUPER|Laptop))/i,
    info: describe("nvidia", "lovelace", "NVIDIA GeForce RTX 4070", 32, 32),
    teraflops: 29.1,
    gigabytes: 504,
    cacheGigabytes: 1800,
    cacheBytes: 36e6,
    units: 46,
    unitInvocations: 128,
    latencies: discrete(2.475),
    ...nvidia,
  },
  {
    id: "m2",
    name: "Apple M2, 10 cores",
    matches: /Apple M2(?! (Pro|Max|Ultra))/i,
    info: describe("apple", "metal-3", "Apple M2", 32, 32),
    teraflops: 3.6,
    gigabytes: 100,
    cacheGigabytes: 250,
    cacheBytes: 8e6,
    units: 10,
    unitInvocations: 256,
    shares: {
      product: { registers: 0.22, tiled: 0.4, small: 0.36, subgroup: 0.1 },
      convolution: { registers: 0.22, tiled: 0.33, small: 0.3, subgroup: 0.1 },
      other: 0.2,
    },
    latencies: { chunk: 700, term: 250, gather: 500, load: 300 },
    dispatchMicroseconds: 5,
    hostMicroseconds: 40,
    roundTripMicroseconds: 200,
  },
  {
    id: "iris",
    name: "Intel Iris Xe, 96 units (Linux)",
    matches: /Iris\S* Xe|TigerLake-LP GT2|\(TGL GT2\)/i,
    info: describe("intel", "gen-12lp", "Intel(R) Iris(R) Xe Graphics (TGL GT2)", 8, 32),
    teraflops: 2.07,
    gigabytes: 60,
    cacheGigabytes: 150,
    cacheBytes: 3.8e6,
    units: 96,
    unitInvocations: 56,
    shares: {
      // Forms of 8 by 8 sums spill there; 4 by 4 do not.
      product: { registers: 0.22, tiled: 0.08, small: 0.2, subgroup: 0.04 },
      convolution: { registers: 0.06, tiled: 0.03, small: 0.2, subgroup: 0.03 },
      other: 0.15,
    },
    latencies: { chunk: 3000, term: 400, gather: 600, load: 400 },
    dispatchMicroseconds: 8,
    hostMicroseconds: 50,
    roundTripMicroseconds: 200,
  },
  {
    id: "adreno740",
    name: "Qualcomm Adreno 740",
    matches: /Adreno\S* (\(TM\) )?740/i,
    info: describe("qualcomm", "adreno-7xx", "Adreno (TM) 740", 64, 128),
    teraflops: 2.1,
    gigabytes: 67,
    cacheGigabytes: 150,
    cacheBytes: 3e6,
    units: 6,
    unitInvocations: 1024,
    shares: {
      // Workgroups of 64 leave half of a wave of 128 empty.
      product: { registers: 0.1, tiled: 0.1, small: 0.15, subgroup: 0.05 },
      convolution: { registers: 0.1, tiled: 0.08, small: 0.15, subgroup: 0.05 },
      other: 0.1,
    },
    latencies: { chunk: 2500, term: 600, gather: 800, load: 500 },
    dispatchMicroseconds: 15,
    hostMicroseconds: 150,
    roundTripMicroseconds: 1000,
  },
];

function describe(
  vendor: string,
  architecture: string,
  description: string,
  subgroupMinSize: number,
  subgroupMaxSize: number,
): AdapterModel["info"] {
  return { vendor, architecture, device: "", description, subgroupMinSize, subgroupMaxSize };
}

/** The model of the adapter that has this name, if there is one. */
export const modelOf = (name: string): AdapterModel | undefined =>
  adapterModels.find(({ matches }) => matches.test(name));
