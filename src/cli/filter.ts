import { Command, Option } from "commander";
import { ShapeError } from "../errors.ts";
import { buildLattice } from "../lattice/lattice.ts";
import { filter } from "../lattice/filter.ts";
import { encodeNpy } from "../data/npy.ts";
import { readNumbers } from "./input.ts";
import { openDevice } from "./openDevice.ts";
import { report, type CommonFlags } from "./options.ts";
import { checkDestinations, writeTogether } from "./output.ts";
import { startProgress } from "./progress.ts";

interface FilterFlags extends CommonFlags {
  readonly features: string;
  readonly values: string;
  readonly out: string;
  readonly normalize: "none" | "before" | "after" | "symmetric";
  readonly transpose?: boolean;
}

const examples = `
Examples:
  crf-rnn filter --features features.npy --values values.npy --out smooth.npy
  crf-rnn filter --features features.npy --values values.npy --out smooth.npy --normalize symmetric --device webgpu

Features are [N, d], already divided by their bandwidths; values are [N, C]; the result is [N, C], float32.`;

export function filterCommand(): Command {
  return new Command("filter")
    .description("filter values with a Gaussian of unit width over features, on the permutohedral lattice")
    .requiredOption("--features <F.npy>", "features [N, d], divided by their bandwidths")
    .requiredOption("--values <V.npy>", "values [N, C]")
    .requiredOption("--out <O.npy>", "write the filtered values [N, C] to this file")
    .addOption(
      new Option(
        "--normalize <mode>",
        "divide by what the filter makes of ones: before it, after it, or by the root on both sides",
      )
        .choices(["none", "before", "after", "symmetric"])
        .default("none"),
    )
    .option("--transpose", "apply the adjoint: the blur axes in reverse order")
    .addHelpText("after", examples)
    .action(run);
}

async function run(flags: FilterFlags): Promise<void> {
  checkDestinations([{ flag: "--out", file: flags.out, extension: ".npy" }], [flags.features, flags.values]);
  const features = await readNumbers(flags.features);
  const values = await readNumbers(flags.values);
  for (const [file, { shape }, names] of [
    [flags.features, features, "[N, d]"],
    [flags.values, values, "[N, C]"],
  ] as const) {
    if (shape.length === 2 && shape[0]! * shape[1]! > 0) continue;
    throw new ShapeError({ where: file, expected: `shape ${names} without zeros`, got: `[${shape.join(", ")}]` });
  }
  const [points, channels] = values.shape;
  if (features.shape[0] !== points) {
    throw new ShapeError({
      where: flags.values,
      expected: `${features.shape[0]} rows, as in ${flags.features}`,
      got: `${points}`,
      remedy: "give one row of values for each row of features",
    });
  }

  const began = performance.now();
  using progress = startProgress(flags, 2);
  await using opened = await openDevice(flags);
  const { device } = opened;
  progress.stage("building the lattice");
  using lattice = await buildLattice(device.tensor(features.shape, features.values));
  progress.step();
  progress.stage("filtering");
  const { normalize: normalization, transpose } = flags;
  const filtered = await filter(device.tensor(values.shape, values.values), lattice, {
    normalization,
    transpose,
  }).read();
  progress.step();
  writeTogether([{ file: flags.out, bytes: encodeNpy({ shape: values.shape, data: filtered }) }]);
  progress[Symbol.dispose]();

  const facts = {
    command: "filter",
    device: device.kind,
    adapter: device.info.name,
    points,
    channels,
    dimensions: features.shape[1],
    vertices: lattice.vertices,
    normalization,
    transpose: transpose ?? false,
    milliseconds: performance.now() - began,
    outputs: [flags.out],
  };
  report(
    flags,
    facts,
    `${flags.out}: [${points}, ${channels}] filtered in ${features.shape[1]} dimensions over ${lattice.vertices} vertices ` +
      `on ${device.info.name} in ${(facts.milliseconds / 1000).toFixed(2)} s`,
  );
}
