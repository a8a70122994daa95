/**
 * Training for real: FCN-8s, with a disconnected CRF, and CRF-RNN end to end on `nuclei-cc0-mini`, from scratch, three seeds.
 *
 *   npm run bench:nuclei -- --data ../shared/data/nuclei-cc0-mini --out runs/nuclei
 *
 * Prints a Markdown table and the commands of the first seed. The network of the first two lines learns as many steps as that
 * of the last, at the same rates. `--steps` and `--more` (network, CRF-RNN), `--width`, `--seeds` and `--threads` change what is done.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compareModels, type Line } from "../src/cli/demo/comparison.ts";
import { CrfRnnError } from "../src/errors.ts";

/** Bandwidths for cells of about twenty pixels on a ground that differs by about ten gray levels. */
const crf = "--theta-alpha 20 --theta-beta 10 --theta-gamma 2 --spatial-weight 1 --bilateral-weight 3".split(" ");

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/nuclei-cc0-mini" },
    out: { type: "string", default: "runs/nuclei" },
    steps: { type: "string", default: "1470" },
    more: { type: "string", default: "490" },
    width: { type: "string", default: "0.125" },
    seeds: { type: "string", default: "1,2,3" },
    threads: { type: "string" },
  },
});

async function main(): Promise<void> {
  const seeds = values.seeds.split(",");
  const runs: (readonly Line[])[] = [];
  let commands: readonly string[] = [];
  for (const seed of seeds) {
    const compared = await compareModels({
      data: values.data,
      out: join(values.out, `seed-${seed}`),
      steps: Number(values.steps),
      more: Number(values.more),
      learning: [
        "--width",
        values.width,
        "--dropout",
        "0.2",
        "--optimizer",
        "adam",
        "--augment",
        "flip,rotation=180",
        "--seed",
        seed,
      ],
      crf,
      band: 3,
      common: { device: "wasm", threads: values.threads ? Number(values.threads) : undefined },
    });
    if (!compared) return;
    runs.push(compared.lines);
    if (commands.length === 0) commands = compared.commands;
    console.log(table(seeds, runs));
  }
  console.log(`\n${commands.map((command) => `    ${command}`).join("\n")}`);
}

/** Mean IU and accuracy near boundaries, a column a seed, and their means. */
function table(seeds: readonly string[], runs: readonly (readonly Line[])[]): string {
  const titles = [...runs.map((_, i) => `seed ${seeds[i]}`), "mean"];
  const rows = runs[0]!.map(({ model }, line) => {
    const cells = (of: "meanIU" | "bandAccuracy"): string[] => {
      const figures = runs.map((lines) => lines[line]![of]);
      return [...figures, figures.reduce((sum, figure) => sum + figure, 0) / figures.length].map((figure) =>
        figure.toFixed(3),
      );
    };
    return `| ${[model, ...cells("meanIU"), ...cells("bandAccuracy")].join(" | ")} |`;
  });
  const head = ["", ...titles.map((title) => `mean IU, ${title}`), ...titles.map((title) => `within 3 px, ${title}`)];
  return ["", `| ${head.join(" | ")} |`, `|${head.map(() => " --- |").join("")}`, ...rows].join("\n");
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CrfRnnError)) throw error;
  console.error(`bench:nuclei: ${error.message}`);
  process.exitCode = 2;
}
