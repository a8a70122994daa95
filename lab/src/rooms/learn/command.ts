import type { Configuration } from "crf-rnn/train";
import type { KeptRun } from "./kept.ts";

/** The names of what the archive holds. */
export const archiveNames = { pictures: "pictures", run: "run", init: "init.safetensors" } as const;

/** How many steps more the command asks for, rounded up to whole hundreds. */
const more = 500;

type Told = Pick<KeptRun, "configuration" | "step" | "init">;

const parse = ({ configuration }: Told): Configuration => JSON.parse(configuration) as Configuration;

/** Whether the run began from a file that is not here any more; the command has to name it. */
export const lacksInit = (run: Told): boolean => parse(run).beginning !== "none" && !run.init;

/**
 * The command that goes on with a run from the archive's folder. What `--resume` takes from the checkpoint (rate, multipliers, clip,
 * momentum, decay, schedule) is not repeated.
 */
export function commandOf(run: Told): string {
  const { stage, network, crf, optimizer, batch, loss, seed, beginning, augmentation } = parse(run);
  const steps = 100 * Math.ceil((run.step + more) / 100);
  const words = [
    `crf-rnn train --resume --data ${archiveNames.pictures} --out ${archiveNames.run}`,
    `--stage ${stage}`,
    ...(network ? [widthOf(network), `--dropout ${network.dropout}`] : []),
    ...(network && network.scales !== "staged" ? [`--scales ${network.scales}`] : []),
    ...(network?.frozen ? [`--freeze ${network.frozen.join(",")}`] : []),
    `--optimizer ${optimizer.kind} --batch ${batch} --seed ${seed}`,
    ...(loss === "sum" ? [] : [`--loss ${loss}`]),
    ...(Object.keys(augmentation).length > 0 ? [`--augment ${augmentWords(augmentation)}`] : []),
    ...(crf ? crfWords(crf) : []),
    ...(beginning === "none" ? [] : [`--init ${archiveNames.init}`]),
    `--steps ${steps}`,
  ];
  return words.join(" \\\n  ");
}

/** The share of VGG-16's channels, where it is one, and the channels themselves otherwise. */
function widthOf({ widths, fc }: NonNullable<Configuration["network"]>): string {
  const scaled = (width: number, channels: number): number => Math.max(4, 4 * Math.round((width * channels) / 4));
  const published = [64, 128, 256, 512, 512, 4096];
  const channels = [...widths, fc];
  const share = [1, 2, 4, 8, 16, 32, 64].find((one) =>
    published.every((full, i) => scaled(1 / one, full) === channels[i]),
  );
  return share ? `--width ${1 / share}` : `--widths ${channels.join(",")}`;
}

function crfWords({ iterations, tied, normalization, activation, bandwidths, weights, learn, network }: Crf): string[] {
  const [alpha, beta, gamma] = bandwidths;
  const learned = Object.entries(learn).flatMap(([name, does]) => (does ? [name] : []));
  return [
    `--iterations ${iterations} --theta-alpha ${alpha} --theta-beta ${beta} --theta-gamma ${gamma}`,
    `--spatial-weight ${weights.spatial} --bilateral-weight ${weights.bilateral}`,
    ...(learned.length > 0 ? [`--learn ${learned.join(",")}`] : []),
    ...(tied ? [] : ["--untied"]),
    ...(normalization === "after" ? [] : [`--normalize ${normalization}`]),
    ...(activation === "softmax" ? [] : [`--activation ${activation}`]),
    ...(network ? [] : ["--crf-only"]),
  ];
}

type Crf = NonNullable<Configuration["crf"]>;

const augmentWords = (augmentation: Configuration["augmentation"]): string =>
  Object.entries(augmentation)
    .flatMap(([name, value]) => (name === "flip" ? (value ? ["flip"] : []) : [`${name}=${String(value)}`]))
    .join(",");
