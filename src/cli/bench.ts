import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { type BenchFacts, benchFacts, compare } from "../../bench/facts.ts";
import { isSelected, names, runBench, type BenchOptions, type BenchResult } from "../../bench/run.ts";
import { makeScene, usualClasses, usualSize, type Scene } from "../../bench/scene.ts";
import { describeFacts, describeFloors } from "../../bench/table.ts";
import { UsageError } from "../errors.ts";
import type { Image } from "../data/image.ts";
import { readTimes, runPeer } from "./benchTimes.ts";
import { runInPage } from "./chromium.ts";
import { currentHost, hasGraphics, runProgram, type Host } from "./hosts.ts";
import { readImage } from "./input.ts";
import { openOptionsOf, positiveNumber, report, type CommonFlags, wholeNumber } from "./options.ts";
import { checkDestinations, writeTogether } from "./output.ts";
import { startProgress } from "./progress.ts";

interface BenchFlags extends CommonFlags {
  readonly host: Host;
  readonly only?: string;
  readonly image?: string;
  readonly size?: { readonly height: number; readonly width: number };
  readonly classes: number;
  readonly seconds: number;
  readonly save?: string;
  readonly compare?: string;
  readonly peer?: string;
  readonly list?: boolean;
}

const examples = `
Examples:
  crf-rnn bench --device wasm --threads 2
  crf-rnn bench --only 'blur|filter' --device webgpu --host chromium
  crf-rnn bench --only 'filter|ten' --classes 150
  crf-rnn bench --save before.json          … change something, and then:
  crf-rnn bench --compare before.json
  crf-rnn bench --peer './their-benchmark'  which prints {"name": "theirs", "milliseconds": {"build spatial 3": 13.1}}

Without --image the photograph data/bench/raccoon-500x375.png is looked for in the folder CRF_RNN_SHARED, or in ../shared
beside the repository; where it is missing, and with --size, a made-up image stands in, and the output says so.`;

export function benchCommand(): Command {
  return new Command("bench")
    .description(
      "time kernels, and operations made of them, in GB/s and GFLOP/s against the device's measured ceilings",
    )
    .addOption(new Option("--host <name>", "where to run").choices(["node", "deno", "chromium"]).default(currentHost))
    .option("--only <pattern>", "only lines whose name matches this regular expression", pattern)
    .option("--image <file>", "the photograph: PNG, JPEG or .npy [H, W, 3]")
    .option("--size <WxH>", "use a generated image of this size instead of a photograph", size)
    .option("--classes <n>", "how many classes the logits have", wholeNumber(2, 255), usualClasses)
    .option("--seconds <s>", "time spent on each line", positiveNumber, 0.5)
    .option("--save <f.json>", "write the measurements to this file")
    .option("--compare <f.json>", "measurements saved earlier; the ratio old/new is printed")
    .option("--peer <command>", "a program that prints times under the same names; the ratio peer/own is printed")
    .option("--list", "print what each kernel must move and compute, as a Markdown table, and measure nothing")
    .addHelpText("after", examples)
    .action(run);
}

async function run(flags: BenchFlags): Promise<void> {
  if (flags.list) return void report(flags, { command: "bench", names }, describeFloors());
  checkFlags(flags);
  const old = flags.compare === undefined ? undefined : await readTimes(flags.compare);
  const image = findImage(flags);
  const measured = flags.host === currentHost ? await measureHere(flags, image) : await measureThere(flags, image);
  const facts = compare(measured, { old, peer: flags.peer === undefined ? undefined : runPeer(flags.peer) });
  if (flags.save) {
    const bytes = new TextEncoder().encode(`${JSON.stringify(facts, undefined, 2)}\n`);
    writeTogether([{ file: flags.save, bytes }]);
  }
  report(flags, facts, describeFacts(facts));
}

function checkFlags({ only = "", image, size, save, compare }: BenchFlags): void {
  if (image !== undefined && size !== undefined) {
    throw new UsageError({ where: "--size", expected: "no --image beside it", got: image, remedy: "leave one out" });
  }
  if (!names.some((name) => isSelected(name, only))) {
    const remedy = "see crf-rnn bench --list --json for the names";
    throw new UsageError({ where: "--only", expected: "a pattern that matches a line", got: `'${only}'`, remedy });
  }
  const inputs = [image, compare].filter((file) => file !== undefined);
  if (save !== undefined) checkDestinations([{ flag: "--save", file: save, extension: ".json" }], inputs);
}

const usualImage = "data/bench/raccoon-500x375.png";

/** The file that --image names, or the usual photograph where it can be found, or none. */
function findImage({ image, size }: BenchFlags): string | undefined {
  if (image !== undefined || size !== undefined) return image;
  const beside = fileURLToPath(new URL("../../shared", import.meta.url)); // dist/ lies in the repository
  const file = join(process.env.CRF_RNN_SHARED ?? beside, usualImage);
  return existsSync(file) ? file : undefined;
}

async function readScene(flags: BenchFlags, file: string | undefined): Promise<{ image?: Image; scene: Scene }> {
  const image = file === undefined ? undefined : await readImage(file);
  return { image, scene: { ...makeScene(image, flags.size, flags.classes), source: file } };
}

const optionsOf = ({ only, seconds, ...flags }: BenchFlags): BenchOptions => ({
  ...openOptionsOf(flags),
  only,
  seconds,
});

async function measureHere(flags: BenchFlags, file: string | undefined): Promise<BenchFacts> {
  const { scene } = await readScene(flags, file);
  using progress = startLines(flags);
  const result = await runBench(scene, optionsOf(flags), progress.begin);
  return benchFacts(result, scene, `${currentHost} ${process.versions[currentHost as "node" | "deno"]}`);
}

async function measureThere(flags: BenchFlags, file: string | undefined): Promise<BenchFacts> {
  if (flags.host === "chromium") return measureInPage(flags, file);
  const words = ["bench", "--json", "--host", flags.host, "--device", flags.device];
  words.push("--classes", `${flags.classes}`, "--seconds", `${flags.seconds}`);
  if (flags.threads !== undefined) words.push("--threads", `${flags.threads}`);
  if (flags.adapter !== undefined) words.push("--adapter", `${flags.adapter}`);
  if (flags.plainSimd) words.push("--plain-simd");
  if (flags.only !== undefined) words.push("--only", flags.only);
  if (file !== undefined) words.push("--image", file);
  else words.push("--size", `${flags.size?.width ?? usualSize.width}x${flags.size?.height ?? usualSize.height}`);
  return JSON.parse(await runProgram(flags.host, words)) as BenchFacts;
}

async function measureInPage(flags: BenchFlags, file: string | undefined): Promise<BenchFacts> {
  const { image, scene } = await readScene(flags, file);
  const pixels = image && { ...image, values: [...image.values] };
  let result: BenchResult | undefined;
  let version = "";
  using progress = startLines(flags);
  await runInPage({
    places: { bundle: dirname(fileURLToPath(import.meta.url)) },
    isolated: true,
    software: !hasGraphics(),
    script: `(async () => {
      const { runBench, makeScene } = await import("./bundle/bench.js");
      const scene = makeScene(${JSON.stringify(pixels)}, ${JSON.stringify(flags.size)}, ${flags.classes});
      const result = await runBench(scene, ${JSON.stringify(optionsOf(flags))}, (name) => report({ name }));
      await report({ result, version: navigator.userAgent.match(/Chrome.([\\d.]+)/)[1] });
    })()`,
    report: (said: { name?: string; result?: BenchResult; version?: string }) => {
      if (said.result) [result, version] = [said.result, said.version!];
      else progress.begin(said.name!);
    },
    silence: silentMilliseconds,
  });
  return benchFacts(result!, scene, `chromium ${version}`);
}

/** Progress by lines: the ceilings and all that are selected; one is done when the next begins. */
function startLines(flags: BenchFlags): Disposable & { begin(name: string): void } {
  const progress = startProgress(flags, 1 + names.filter((name) => isSelected(name, flags.only)).length);
  let begun = false;
  return {
    begin(name) {
      if (begun) progress.step();
      begun = true;
      progress.stage(name);
    },
    [Symbol.dispose]: () => progress[Symbol.dispose](),
  };
}

/** A line on a slow adapter may take minutes. */
const silentMilliseconds = 600_000;

function pattern(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(`expected a regular expression (${(error as Error).message})`);
  }
}

function size(text: string): { width: number; height: number } {
  const [width = 0, height = 0] = (/^(\d{1,5})x(\d{1,5})$/.exec(text) ?? []).slice(1).map(Number);
  if (width >= 1 && height >= 1) return { width, height };
  throw new InvalidArgumentError("expected width x height in pixels, as 500x375");
}
