import type { Command } from "commander";
import { denseCrf } from "../../crf/denseCrf.ts";
import { scaledFeatures } from "../../crf/scaledFeatures.ts";
import { argmax } from "../../data/argmax.ts";
import { certaintyOf } from "../../data/certainty.ts";
import { encodeNpy, type NpyData } from "../../data/npy.ts";
import type { Device } from "../../device/device.ts";
import { finding, type Finding } from "../../diagnosis/finding.ts";
import { checkResult } from "../../diagnosis/result.ts";
import { ShapeError, UsageError } from "../../errors.ts";
import { buildLattice } from "../../lattice/lattice.ts";
import { padded } from "../../shape.ts";
import { describeNotes, notesOf } from "../notes.ts";
import { openDevice } from "../openDevice.ts";
import { report } from "../options.ts";
import { checkDestinations, type Destination, type Output, writeTogether } from "../output.ts";
import { startProgress } from "../progress.ts";
import { type Field, fieldOptions, readFieldScores, readPoints, readVolume } from "./field.ts";
import type { RefineFlags } from "./flags.ts";

type Name = keyof RefineFlags;

/** Flags that make sense for pictures alone, for volumes alone and for points alone. */
const ofPictures: readonly Name[] = [
  ...(["annotation", "labels", "palette", "confidence", "classes", "resize", "outOverlay"] as const),
  ...(["mean", "order", "rows", "shard", "resume", "strict"] as const),
];
const ofVolumes: readonly string[] = [
  ...(["volume", "spacing", "thetaAlpha", "thetaBeta", "thetaGamma", "spatialWeight", "bilateralWeight"] as const),
  "params",
];
const ofPoints: readonly Name[] = ["features", "bandwidths", "weight"];

const outputFlags = [
  { flag: "--out", key: "out" },
  { flag: "--out-logits", key: "outLogits" },
  { flag: "--out-confidence", key: "outConfidence" },
  { flag: "--out-entropy", key: "outEntropy" },
] as const;

/** A uint8 has 256 values; 255 means void elsewhere. */
const mostLabels = 255;

const sparse = {
  "points-apart": {
    severity: "warning",
    expected: "points that are near each other in the features",
    likely: "bandwidths that are too small",
    remedy: "give larger ones, or --theta-… of a volume",
  },
} as const;

/** Whether a volume or points are to be refined in place of pictures. @throws UsageError for their flags beside pictures */
export function isField(flags: RefineFlags, command: Command): boolean {
  if (flags.volume !== undefined || flags.features !== undefined) return true;
  refuseFlags(command, ["spacing", "bandwidths", "weight"], "--volume or --features beside it", "neither");
  return false;
}

/** @throws UsageError where one of the flags was given */
function refuseFlags(command: Command, names: readonly string[], expected: string, got: string): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (!names.includes(name) || command.getOptionValueSource(name) !== "cli") continue;
    throw new UsageError({ where: option.long ?? name, expected, got, remedy: "leave one of them out" });
  }
}

/** @throws UsageError for what does not go together */
function checkWords(places: readonly string[], flags: RefineFlags, command: Command): void {
  const flag = flags.volume === undefined ? "--features" : "--volume";
  if (places.length > 0) {
    const remedy = "leave one of them out";
    throw new UsageError({ where: flag, expected: "no pictures beside it", got: `'${places[0]}'`, remedy });
  }
  refuseFlags(command, flags.volume === undefined ? [] : ofPoints, "points, by --features alone", flag);
  refuseFlags(command, flags.volume === undefined ? ofVolumes : [], "a picture or a volume", flag);
  refuseFlags(command, ofPictures, "pictures", flag);
  if (flags.logits === undefined) {
    throw new UsageError({ where: flag, expected: "--logits beside it", got: "none" });
  }
}

/** @throws UsageError where none are asked for */
function outputsOf(flags: RefineFlags): Destination[] {
  const outputs = outputFlags.flatMap(({ flag, key }): Destination[] => {
    const file = flags[key];
    return file === undefined ? [] : [{ flag, file, extension: ".npy" }];
  });
  if (outputs.length > 0 || flags.dryRun) return outputs;
  const expected = "--out, --out-logits, --out-confidence or --out-entropy";
  throw new UsageError({ where: "refine", expected, got: "none of them" });
}

/** All files that the command reads. */
function inputsOf(flags: RefineFlags): string[] {
  const weights = flags.volume === undefined ? (flags.weight ?? []) : [flags.spatialWeight, flags.bilateralWeight];
  const files = [flags.volume, flags.features, flags.logits, flags.compatibility, ...weights];
  return [...new Set(files.filter((file): file is string => typeof file === "string" && file !== "potts"))];
}

/** Refines a volume or points. */
export async function refineField(places: readonly string[], flags: RefineFlags, command: Command): Promise<void> {
  checkWords(places, flags, command);
  const outputs = outputsOf(flags);
  checkDestinations(outputs, inputsOf(flags));
  const began = performance.now();
  using progress = startProgress(flags, flags.iterations + 2);
  progress.stage("reading");
  const isGiven = (name: Name): boolean => command.getOptionValueSource(name) !== "default";
  const field = await (flags.volume === undefined
    ? readPoints(flags.features!, flags)
    : readVolume(flags.volume, flags, isGiven));
  const { classes, logits, findings } = await readFieldScores(flags.logits!, field, flags);
  requireLabels(flags, classes);
  const options = await fieldOptions(field, flags, classes);
  await using opened = await openDevice(flags);
  const { device } = opened;
  const plan = {
    command: "refine",
    [flags.volume === undefined ? "features" : "volume"]: field.file,
    shape: field.size,
    classes,
    bandwidths: field.filters.map(({ bandwidths }) => bandwidths),
    iterations: flags.iterations,
    device: device.kind,
    adapter: device.info.name,
    outputs: outputs.map(({ file }) => file),
  };
  const known = [...field.findings, ...findings];
  const what = describeField(field, classes);
  if (flags.dryRun) {
    const measured = await measure(device, field, classes);
    progress[Symbol.dispose]();
    const all = [...known, ...measured.findings];
    const { vertices, bytes } = measured;
    const lines = [
      ...describeNotes(notesOf(all)),
      `${field.file}: ${what}, ${flags.iterations} iterations over ${vertices.join(" and ")} vertices on ` +
        `${plan.adapter}, about ${Math.ceil(bytes / 2 ** 20)} MiB; would write ${plan.outputs.join(", ") || "nothing"}`,
    ];
    return void report(flags, { ...plan, dryRun: true, vertices, bytes, findings: all }, lines.join("\n"));
  }
  progress.step();
  progress.stage("building the lattices");
  const former = argmax(logits, classes);
  const factor = Math.fround(1 / flags.temperature);
  using scope = device.scope();
  const unary = scope.tensor([...field.size, classes], factor === 1 ? logits : logits.map((value) => value * factor));
  const crf = scope.add(denseCrf(device, options));
  const { until } = flags;
  let iterations = 0;
  const result = await crf(
    unary,
    field.featuresOf(device).map((one) => scope.add(one)),
    {
      ...(until !== undefined && flags.iterations > 0 && { until: { change: until } }),
      onIteration: async (done) => {
        iterations = done;
        await device.finish();
        progress.stage("iterating");
        progress.step();
      },
    },
  );
  const refined = await scope.add(result).read();
  const labels = argmax(refined, classes);
  const changed = labels.reduce((count, label, point) => count + Number(label !== former[point]), 0);
  progress.stage("writing");
  writeTogether(encode(outputs, field, refined, labels, classes));
  progress[Symbol.dispose]();
  const all = [...known, ...checkResult({ file: field.file, former, labels })];
  const milliseconds = performance.now() - began;
  const facts = { ...plan, iterations, changed, findings: all, peakBytes: device.peakBytes, milliseconds };
  const share = ((100 * changed) / labels.length).toFixed(1);
  const line =
    `${plan.outputs.join(", ")}: ${what}; ${share} % of the labels changed in ${iterations} iterations, ` +
    `${(milliseconds / 1000).toFixed(2)} s on ${plan.adapter}`;
  report(flags, facts, [...describeNotes(notesOf(all)), line].join("\n"));
}

/** @throws ShapeError for more classes than labels can number */
function requireLabels({ out }: RefineFlags, classes: number): void {
  if (out === undefined || classes <= mostLabels) return;
  const remedy = "write --out-logits alone";
  throw new ShapeError({ where: "--out", expected: `at most ${mostLabels} classes`, got: String(classes), remedy });
}

/** What there is, and by which bandwidths: those of a volume may have been made of its intensities. */
function describeField({ size, filters }: Field, classes: number): string {
  const extent = size.length === 1 ? `${size[0]} points` : `${size.join("×")} voxels`;
  const all = filters.map(({ bandwidths }) => bandwidths.map((one) => Number(one.toPrecision(3))).join(","));
  return `${extent}, ${classes} classes, bandwidths ${all.join(" and ")}`;
}

/** Builds the lattices one after the other, and adds to what they take the maps of an iteration. */
async function measure(device: Device, field: Field, classes: number) {
  using scope = device.scope();
  const vertices: number[] = [];
  const findings: Finding[] = [];
  let rows = 0;
  for (const [k, features] of field.featuresOf(device).entries()) {
    scope.add(features);
    const { bandwidths } = field.filters[k]!;
    const divisors = scope.tensor([bandwidths.length], bandwidths);
    const lattice = scope.add(await buildLattice(scope.add(scaledFeatures(features, divisors, bandwidths))));
    vertices.push(lattice.vertices);
    rows = features.rows;
    const entries = rows * (bandwidths.length + 1);
    const seen = `${lattice.vertices} vertices of the ${entries} that ${rows} points have if none is near another`;
    if (rows > 1 && lattice.vertices > 0.9 * entries) findings.push(finding(sparse, "points-apart", field.file, seen));
  }
  const maps = 4 * rows + 2 * Math.max(...vertices);
  return { vertices, findings, bytes: device.peakBytes + 4 * padded(classes) * maps };
}

function encode(
  outputs: readonly Destination[],
  { size }: Field,
  refined: Float32Array,
  labels: Uint8Array<ArrayBuffer>,
  classes: number,
): Output[] {
  const certainty = () => certaintyOf(refined, classes);
  const arrays: Readonly<Record<string, () => { readonly shape: readonly number[]; readonly data: NpyData }>> = {
    "--out": () => ({ shape: size, data: labels }),
    "--out-logits": () => ({ shape: [...size, classes], data: refined }),
    "--out-confidence": () => ({ shape: size, data: certainty().confidence }),
    "--out-entropy": () => ({ shape: size, data: certainty().entropy }),
  };
  return outputs.map(({ flag, file }) => ({ file, bytes: encodeNpy(arrays[flag]!()) }));
}
