import * as valibot from "valibot";
import { Confusion } from "../../data/confusion.ts";
import { parseJson, wholeNumber } from "../../data/json.ts";
import { FormatError } from "../../errors.ts";
import { readWhole } from "../input.ts";
import { usualBins } from "../../data/reliability.ts";
import type { Unscored } from "./score.ts";
import { type PictureScores, Tally } from "./tally.ts";

const counts = valibot.array(wholeNumber(0));
const share = valibot.nullable(valibot.number());

/** What `evaluate --json` prints, as far as parts are put together from it. */
const schema = valibot.object({
  data: valibot.string(),
  checkpoint: valibot.string(),
  crf: valibot.picklist(["none", "disconnected", "trained"]),
  iterations: valibot.optional(wholeNumber(1)),
  images: wholeNumber(0),
  failures: valibot.optional(
    valibot.array(valibot.object({ id: valibot.string(), place: wholeNumber(0), problem: valibot.string() })),
    [],
  ),
  seconds: valibot.number(),
  adapter: valibot.string(),
  shard: valibot.object({ index: wholeNumber(1), of: wholeNumber(1) }),
  band: valibot.number(),
  names: valibot.array(valibot.string()),
  confusion: counts,
  bands: valibot.array(valibot.object({ radius: valibot.number(), confusion: counts })),
  tolerance: valibot.optional(valibot.number()),
  sureness: valibot.object({ counts, right: counts, confidences: counts }),
  pictures: valibot.array(
    valibot.object({
      id: valibot.string(),
      pixels: wholeNumber(0),
      pixelAccuracy: share,
      meanIU: share,
      bandAccuracy: share,
      boundaryF: share,
      classes: valibot.array(valibot.object({ label: wholeNumber(0, 254), iu: valibot.number(), boundaryF: share })),
    }),
  ),
});

/** One part of an evaluation. */
export type Part = valibot.InferOutput<typeof schema>;

/** The counts of a tally as files have them: truth by row. */
export const countsOf = ({
  whole,
  bands,
  reliability: { counts, right, confidences },
}: Tally): Pick<Part, "confusion" | "bands" | "sureness"> => ({
  sureness: { counts: [...counts], right: [...right], confidences: [...confidences] },
  confusion: [...whole.counts],
  bands: [...bands].map(([radius, band]) => ({ radius, confusion: [...band.counts] })),
});

/** The parts of one evaluation put together. */
export interface Merged {
  readonly part: Part;
  readonly tally: Tally;
  /** What no part could score, with places in the whole set. */
  readonly failures: readonly Unscored[];
}

/**
 * Puts the parts of one evaluation together.
 * @throws FormatError for a file that is none, for parts of different evaluations, and for a part that is missing or there twice
 */
export async function mergeParts(files: readonly string[]): Promise<Merged> {
  const parts: Part[] = [];
  for (const file of files) {
    const { value, wrong } = parseJson(await readWhole(file), file, schema);
    const classes = value.names.length;
    for (const [i, found] of [value.confusion, ...value.bands.map(({ confusion }) => confusion)].entries()) {
      const path = i === 0 ? ["confusion"] : ["bands", i - 1, "confusion"];
      if (found.length !== classes ** 2) throw wrong(path, `${classes ** 2} counts`, `${found.length}`);
    }
    for (const name of ["counts", "right", "confidences"] as const) {
      const { length } = value.sureness[name];
      if (length !== usualBins) throw wrong(["sureness", name], `${usualBins} counts`, `${length}`);
    }
    if (value.pictures.length !== value.images)
      throw wrong(["pictures"], `${value.images} images`, `${value.pictures.length}`);
    const all = value.images + value.failures.length;
    const places = new Set(value.failures.map(({ place }) => place));
    if (places.size < value.failures.length || [...places].some((place) => place >= all)) {
      throw wrong(["failures"], `places of their own among ${all} images`, [...places].join(", "));
    }
    parts.push(value);
  }
  const [first] = parts as [Part, ...Part[]];
  parts.forEach((part, i) => requireSame(files[i]!, first, part));
  requireAll(files, parts);
  const tally = new Tally(first.names.length, first.band);
  for (const { confusion, bands, sureness, names } of parts) {
    tally.whole.merge(confusionOf(confusion));
    const { counts, right, confidences } = sureness;
    const typed = {
      counts: Float64Array.from(counts),
      right: Float64Array.from(right),
      confidences: Float64Array.from(confidences),
    };
    tally.reliability.merge({ classes: names.length, ...typed });
    for (const band of bands) tally.bands.get(band.radius)?.merge(confusionOf(band.confusion));
  }
  tally.pictures.push(...inOrder(parts.flatMap(scoredIn)));
  const failures = parts.flatMap(({ shard, failures: own }) =>
    own.map((one): Unscored => ({ ...one, place: placeInSet(shard, one.place) })),
  );
  const sum = (of: (part: Part) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const part = { ...first, images: sum(({ images }) => images), seconds: sum(({ seconds }) => seconds) };
  return { part: { ...part, shard: { index: 1, of: 1 } }, tally, failures: failures.sort((a, b) => a.place - b.place) };
}

/** Where the whole set has a picture of a part, which has every `of`-th one. */
const placeInSet = ({ index, of }: Part["shard"], place: number): number => place * of + index - 1;

interface Placed {
  readonly place: number;
  readonly picture: PictureScores;
}

/** The pictures of a part with their places in the whole set: those where nothing failed. */
function scoredIn({ shard, pictures, failures }: Part): Placed[] {
  const failed = new Set(failures.map(({ place }) => place));
  const places = Array.from({ length: pictures.length + failures.length }, (_, place) => place);
  return places
    .filter((place) => !failed.has(place))
    .map((place, k) => ({ place: placeInSet(shard, place), picture: pictures[k]! }));
}

const inOrder = (placed: readonly Placed[]): PictureScores[] =>
  [...placed].sort((a, b) => a.place - b.place).map(({ picture }) => picture);

function confusionOf(values: readonly number[]): Confusion {
  const confusion = new Confusion(Math.sqrt(values.length));
  confusion.counts.set(values);
  return confusion;
}

function requireSame(file: string, first: Part, part: Part): void {
  const facts = ({
    data,
    checkpoint,
    crf,
    iterations,
    band,
    shard,
    names,
    bands,
    tolerance,
  }: Part): Record<string, string | number> => ({
    data,
    checkpoint,
    crf,
    iterations: iterations ?? "none",
    band,
    parts: shard.of,
    classes: names.join(", "),
    tolerance: tolerance ?? "0.75 % of the diagonal",
    radii: bands.map(({ radius }) => radius).join(", "),
  });
  const own = Object.entries(facts(part));
  const differing = Object.entries(facts(first)).find(
    ([name, value]) => !own.some(([n, v]) => n === name && v === value),
  );
  if (!differing) return;
  const [name, value] = differing;
  throw new FormatError({
    file,
    expected: `a part of the same evaluation, with ${name} ${value}`,
    got: String(own.find(([other]) => other === name)![1]),
    remedy: "score all parts with the same flags",
  });
}

function requireAll(files: readonly string[], parts: readonly Part[]): void {
  const { of } = parts[0]!.shard;
  for (let index = 1; index <= of; index++) {
    const which = files.filter((_, i) => parts[i]!.shard.index === index);
    if (which.length === 1) continue;
    throw new FormatError({
      file: which[1] ?? files[0]!,
      expected: `each of the ${of} parts once`,
      got: which.length === 0 ? `none of part ${index}` : `part ${index} again`,
      remedy: which.length === 0 ? `score it by --shard ${index}/${of}` : "name each file once",
    });
  }
}
