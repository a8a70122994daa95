import type { StageName } from "./stages.ts";

/** What the numbers of a stage are, which says how they are drawn. */
export type Kind = "share" | "amount" | "signed";

export interface StageFacts {
  readonly name: StageName;
  readonly title: string;
  /** As the guide's figure writes it. */
  readonly formula: string;
  /** The layer of the paper's figure to which it belongs. */
  readonly layer: string;
  readonly kind: Kind;
  readonly text: string;
}

/** The stages of the figure in the guide (docs/diagrams/iteration.svg), in its words. */
export const figure: readonly StageFacts[] = [
  {
    name: "marginals",
    title: "Marginals",
    formula: "Q",
    layer: "Before it",
    kind: "share",
    text: "The probability of the class at every pixel, as the iteration before left it. The first iteration begins with the softmax of the unary logits.",
  },
  {
    name: "spatial",
    title: "Spatial filter",
    formula: "K_s Q",
    layer: "Message passing",
    kind: "share",
    text: "Each pixel hears what its neighbors in the picture are. It is smooth, and it knows no edges.",
  },
  {
    name: "bilateral",
    title: "Bilateral filter",
    formula: "K_b Q",
    layer: "Message passing",
    kind: "share",
    text: "Each pixel hears what the pixels are that are near and alike in color. Here the edges of the picture come in.",
  },
  {
    name: "weightedSpatial",
    title: "Weighted",
    formula: "W_s K_s Q",
    layer: "Weighting",
    kind: "amount",
    text: "What the spatial filter brings, times its filter weight. In training the weight is a matrix that is learned; here it is one number for all classes.",
  },
  {
    name: "weightedBilateral",
    title: "Weighted",
    formula: "W_b K_b Q",
    layer: "Weighting",
    kind: "amount",
    text: "What the bilateral filter brings, times its filter weight. The larger it is beside the other, the more the edges of the picture count.",
  },
  {
    name: "message",
    title: "Message",
    formula: "M",
    layer: "Weighting",
    kind: "amount",
    text: "The sum of both: how much speaks for the class at every pixel, by those that the pixel hears.",
  },
  {
    name: "compatibility",
    title: "Cost",
    formula: "C M",
    layer: "Compatibility",
    kind: "signed",
    text: "A matrix says what each class pays beside each other one. This is the Potts model, C = −I, so the map is the message with the other sign: a cost that is low where much speaks for the class.",
  },
  {
    name: "unary",
    title: "Unary logits",
    formula: "U",
    layer: "Unary",
    kind: "signed",
    text: "The logits that go into the CRF, in every iteration the same. They are coarse, as a network with a stride of 12 pixels would give them.",
  },
  {
    name: "logits",
    title: "New logits",
    formula: "X = U − C M",
    layer: "Unary",
    kind: "signed",
    text: "The cost is subtracted from the unary logits, in their original form. So whatever the neighbors say, the network keeps its voice.",
  },
  {
    name: "result",
    title: "New marginals",
    formula: "softmax X",
    layer: "Activation",
    kind: "share",
    text: "Softmax makes probabilities of the logits; those of all classes add up to 1 at every pixel. The next iteration begins with them.",
  },
];

export const factsOf = (name: StageName): StageFacts => figure.find((one) => one.name === name)!;
