import * as valibot from "valibot";
import { version } from "../package.json";
import { parseJson } from "../src/data/json.ts";
import type { BenchResult, CompositeResult, KernelResult } from "./run.ts";
import type { Scene } from "./scene.ts";
import type { Timing } from "./stopwatch.ts";

/** Others' times over the line's own; above 1 this run is the faster. */
export interface Ratios {
  readonly oldOverNew?: number;
  readonly peerOverOwn?: number;
}

/** A result with where it was measured: what `crf-rnn bench` prints with --json and writes with --save. */
export interface BenchFacts extends Omit<BenchResult, "kernels" | "composites"> {
  readonly command: "bench";
  /** The version of this package. */
  readonly version: string;
  /** The host and its version, for example `node 20.19.0`. */
  readonly host: string;
  /** `file` is null for an image that was made up. */
  readonly image: { readonly file: string | null; readonly height: number; readonly width: number };
  readonly comparedWith?: string;
  readonly peer?: string;
  readonly kernels: readonly (KernelResult & Ratios)[];
  readonly composites: readonly (CompositeResult & Ratios)[];
}

/** Milliseconds of lines, by name, that others took. */
export interface Times {
  readonly name: string;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/**
 * Adds to a result where it was measured: on which host, and on which scene. As JSON it is a file for `crf-rnn bench --compare`.
 * @example const facts = benchFacts(await runBench(scene, { only: "blur", seconds: 0.01 }), scene, "my page");
 */
export const benchFacts = (result: BenchResult, { source, height, width }: Scene, host: string): BenchFacts => ({
  command: "bench",
  version,
  host,
  image: { file: source ?? null, height, width },
  ...result,
});

/** What `timesOf` needs of facts. */
type Saved = Pick<BenchFacts, "version" | "host"> & {
  readonly device: Pick<BenchFacts["device"], "name" | "threads">;
} & Readonly<Record<"kernels" | "composites", readonly Pick<KernelResult, "name" | "least">[]>>;

/** The least times of a run, to compare another one with; `name` says which it was. */
export const timesOf = ({ version, host, device, kernels, composites }: Saved, name = "another run"): Times => ({
  name: `${name} (crf-rnn ${version}, ${host}, ${device.name}, threads: ${device.threads})`,
  milliseconds: Object.fromEntries([...kernels, ...composites].map(({ name, least }) => [name, least])),
});

const time = /* @__PURE__ */ (() => valibot.pipe(valibot.number(), valibot.finite(), valibot.gtValue(0)))();

const saved = /* @__PURE__ */ (() => {
  const line = valibot.object({ name: valibot.string(), least: time });
  return valibot.object({
    command: valibot.literal("bench"),
    version: valibot.string(),
    host: valibot.string(),
    device: valibot.object({ name: valibot.string(), threads: valibot.number() }),
    kernels: valibot.array(line),
    composites: valibot.array(line),
  });
})();

/** The times in facts that were saved as JSON, by `crf-rnn bench --save` or by a program; `file` is for messages. @throws FormatError */
export function parseTimes(json: string | Uint8Array, file = "facts"): Times {
  const bytes = typeof json === "string" ? new TextEncoder().encode(json) : json;
  return timesOf(parseJson(bytes, file, saved).value, file);
}

const printed = /* @__PURE__ */ (() =>
  valibot.object({
    name: valibot.optional(valibot.string(), "peer"),
    milliseconds: valibot.record(valibot.string(), time),
  }))();

/** The times that a program prints: `{"name": "theirs", "milliseconds": {"build spatial 3": 13.1}}`. @throws FormatError */
export const parsePeer = (json: Uint8Array, source: string): Times => parseJson(json, source, printed).value;

/**
 * Adds to each line how many times as long others took: an earlier run, or a program that did the same.
 * @example
 * const before = benchFacts(await runBench(scene, { only: "blur", seconds: 0.01 }), scene, "before");
 * const after = benchFacts(await runBench(scene, { only: "blur", seconds: 0.01 }), scene, "after");
 * const { kernels } = compare(after, { old: timesOf(before) });
 */
export function compare(facts: BenchFacts, { old, peer }: { readonly old?: Times; readonly peer?: Times }): BenchFacts {
  const add = <Line extends Timing & { readonly name: string }>(line: Line): Line & Ratios => ({
    ...line,
    oldOverNew: old && ratio(old.milliseconds[line.name], line.least),
    peerOverOwn: peer && ratio(peer.milliseconds[line.name], line.least),
  });
  const others = { comparedWith: old?.name, peer: peer?.name };
  return { ...facts, ...others, kernels: facts.kernels.map(add), composites: facts.composites.map(add) };
}

const ratio = (theirs: number | undefined, own: number): number | undefined =>
  theirs === undefined ? undefined : theirs / own;
