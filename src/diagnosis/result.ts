import { finding, type Finding, type Findings } from "./finding.ts";

/** Labels of a picture before and after the CRF. */
export interface GivenResult {
  readonly file: string;
  readonly former: Uint8Array;
  readonly labels: Uint8Array;
}

const table = {
  "result-one-label": {
    severity: "warning",
    expected: "pixels of several classes",
    likely: "bandwidths or weights that are too large for this picture",
    remedy: "lower --theta-alpha, --theta-beta, --theta-gamma or the weights, or take fewer --iterations",
  },
} as const satisfies Findings<string>;

/** Looks whether the CRF has left one class of several. */
export function checkResult({ file, former, labels }: GivenResult): Finding[] {
  const [label] = labels;
  if (labels.some((one) => one !== label)) return [];
  const lost = former.reduce((count, one) => count + Number(one !== label), 0);
  if (lost === 0) return [];
  const share = ((100 * lost) / former.length).toFixed(1);
  return [
    finding(table, "result-one-label", file, `class ${label} at every pixel, where ${share} % had others before`),
  ];
}
