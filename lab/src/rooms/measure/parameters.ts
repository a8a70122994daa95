import { roomParameters } from "../../shell/address.ts";

export const choices = ["short", "all", "named"] as const;
export type Choice = (typeof choices)[number];

/** Pictures by their size; the first is what `crf-rnn bench` measures. */
export const sizes = ["500x375", "250x188", "60x45"] as const;
export type Size = (typeof sizes)[number];

/** An alias, not an interface: only so it is a plain object to TypeScript. */
type Parameters = {
  readonly lines: Choice;
  /** A regular expression for the names of lines, where `lines` is `named`. */
  readonly only: string;
  /** Of each line. */
  readonly seconds: number;
  readonly size: Size;
};

const usual: Parameters = { lines: "short", only: "", seconds: 0.2, size: "500x375" };

export const parameters = roomParameters<Parameters>("measure", usual, {
  lines: choices,
  seconds: [0.001, 5],
  size: sizes,
});

/** The lines of a short run: what takes most of the time, and what people wait for. */
const short = [
  "lattice/(blur|embed|hash.insert|slice|splat)$",
  "crf/(compatibility|softmax|update)$",
  "nn/(convolution|product)$",
  "shared/(add|sort.scatter)$",
  "(build|filter) (bilateral 160/3|spatial 3)$",
  "ten iterations 160/3$",
  "refine",
  "conv2d conv3_2$",
];

/** The regular expression for what is chosen. */
export function patternOf({ lines, only }: { readonly lines: Choice; readonly only: string }): string {
  return { short: `^(${short.join("|")})`, all: "", named: only }[lines];
}
