import type { CrfValues } from "./parameters.ts";

/** What code is to make again. */
export interface Wanted {
  readonly values: CrfValues;
  readonly classes: number;
  /** Whether scores were given, and not a drawing alone. */
  readonly scored: boolean;
}

/** The names of the files that the code reads and writes. */
export const names = {
  photograph: "photograph.png",
  drawing: "drawing.png",
  scores: "scores.npy",
  compatibility: "compatibility.npy",
  labels: "labels.png",
  again: "refined.png",
  command: "refine.sh",
  program: "refine.mjs",
} as const;

/** The command that makes the label map of the exported files. */
export function commandOf({ values, classes, scored }: Wanted): string {
  const flags = [
    scored
      ? `--logits ${names.scores}`
      : `--annotation ${names.drawing} --classes ${classes} --confidence ${values.confidence}`,
    `--theta-alpha ${values.thetaAlpha} --theta-beta ${values.thetaBeta} --theta-gamma ${values.thetaGamma}`,
    `--bilateral-weight ${values.bilateralWeight} --spatial-weight ${values.spatialWeight}`,
    `--iterations ${values.iterations} --normalize ${values.normalization}`,
    ...(values.compatibility.length > 0 ? [`--compatibility ${names.compatibility}`] : []),
    `--out ${names.again}`,
  ];
  return [`npx crf-rnn refine ${names.photograph}`, ...flags].join(" \\\n  ");
}

/** The program that does the same. It is TypeScript and, since it names no types, JavaScript. */
export function programOf({ values, classes, scored }: Wanted): string {
  const { thetaAlpha, thetaBeta, thetaGamma, bilateralWeight, spatialWeight, iterations, normalization } = values;
  const matrix = values.compatibility;
  const rows = Array.from({ length: classes }, (_, row) => matrix.slice(row * classes, (row + 1) * classes).join(", "));
  const own = matrix.length > 0 ? [`  compatibility: [`, ...rows.map((row) => `    ${row},`), `  ],`] : [];
  const reading = scored
    ? [`const scores = decodeNpy(await readFile("${names.scores}"), "${names.scores}");`]
    : [
        `const drawing = decodeLabelPng(await readFile("${names.drawing}"), "${names.drawing}");`,
        `const scores = annotationScores(drawing, { classes: ${classes}, confidence: ${values.confidence} });`,
      ];
  const imports = scored ? ["open", "refine"] : ["annotationScores", "open", "refine"];
  const readers = ["decodeImage", scored ? "decodeNpy" : "decodeLabelPng", "encodeLabelPng"];
  return [
    `import { readFile, writeFile } from "node:fs/promises";`,
    `import { ${imports.join(", ")} } from "crf-rnn";`,
    `import { ${readers.join(", ")} } from "crf-rnn/data";`,
    ``,
    `const device = await open();`,
    `const photograph = await decodeImage(await readFile("${names.photograph}"), "${names.photograph}");`,
    `const { width, height, values: data } = photograph;`,
    ...reading,
    `const { labels } = await refine(device, { data, width, height }, scores, {`,
    `  iterations: ${iterations},`,
    `  normalization: "${normalization}",`,
    `  bilateral: { position: ${thetaAlpha}, color: ${thetaBeta}, weight: ${bilateralWeight} },`,
    `  spatial: { position: ${thetaGamma}, weight: ${spatialWeight} },`,
    ...own,
    `});`,
    `await writeFile("${names.again}", encodeLabelPng({ width, height, labels }));`,
    `device.dispose();`,
  ].join("\n");
}
