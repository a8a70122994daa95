// One mean-field iteration as layers, after Figure 1 of Zheng et al. (ICCV 2015), and the iterations unrolled.
import { arrow, box, figure, path, rect, route, text } from "./svg.mjs";

/** A small label for what is learned. */
const learned = (x, y, width, name) => [
  rect(x, y, width, 26, "f-blush s-warm", { rx: 13, "stroke-width": 1.2 }),
  text(x + width / 2, y + 18, name, { size: 14.5, anchor: "middle" }),
];

/** The middle of the layers. */
const middle = 302;
/** The spatial branch and the bilateral one. */
const [left, right] = [middle - 54, middle + 54];

const inner = (x, y, width, line) => [
  rect(x - width / 2, y, width, 34, "f-tint s-accent", { rx: 8, "stroke-width": 1.2 }),
  text(x, y + 22, line, { size: 15, anchor: "middle" }),
];

/** A layer: its name, its formula, and what can be learned in it. */
function layer(y, title, formulas, names) {
  return [
    rect(42, y, 374, 62, "f-face s-line", { rx: 10, "stroke-width": 1.2 }),
    text(52, y + 24, title, { size: 14.5, kind: "bold" }),
    formulas.map((formula, i) => text(52, y + 44 + i * 18, formula, { size: 14, kind: "soft" })),
    names ? learned(424, y + 18, 94, names) : [],
  ];
}

export function iteration() {
  const [passing, weighting, compatibility, unary, activation] = [100, 190, 296, 386, 476];
  return figure(
    {
      width: 520,
      height: 582,
      title: "One mean-field iteration",
      description:
        "Five layers from top to bottom. Message passing: the marginals Q go through the spatial filter and, steered by the guide I, through the bilateral filter. Weighting: each result is multiplied by a matrix, " +
        "W_s or W_b, and both are added. Compatibility: multiplication by the matrix C. Unary: the result is subtracted from the unary logits U. Activation: softmax makes marginals, which go back to the top, T times. " +
        "What can be learned stands beside each layer: θγ, θα and θβ, W_s and W_b, and C.",
    },
    layer(passing, "Message passing", ["*F* = *K Q*"], "θγ   θα   θβ"),
    layer(weighting, "Weighting", ["*M* = *W*_{s}*F*_{s} + *W*_{b}*F*_{b}"], "*W*_{s}   *W*_{b}"),
    layer(compatibility, "Compatibility", ["*C M*"], "*C*"),
    layer(unary, "Unary", ["*X* = *U* − *C M*"]),
    layer(activation, "Activation", ["*Q* = softmax *X*"]),
    box({ x: middle - 50, y: 4, width: 100, height: 52, ground: "tint", edge: "accent" }, [["*Q*", "bold"], ["marginals", "soft"]], { size: 14, leading: 19 }), // prettier-ignore
    inner(left, passing + 14, 100, "spatial *K*_{s}"),
    inner(right, passing + 14, 100, "bilateral *K*_{b}"),
    inner(left, weighting + 14, 100, "*W*_{s} ·"),
    inner(right, weighting + 14, 100, "*W*_{b} ·"),
    inner(middle, compatibility + 14, 100, "*C* ·"),
    inner(middle, unary + 14, 100, "*U* −"),
    inner(middle, activation + 14, 100, "softmax"),
    route([[middle, 56], [middle, 78], [left, 78], [left, passing + 14]], "accent", { radius: 6 }),
    route([[middle, 56], [middle, 78], [right, 78], [right, passing + 14]], "accent", { radius: 6 }),
    arrow([left, passing + 48], [left, weighting + 14], "accent"),
    arrow([right, passing + 48], [right, weighting + 14], "accent"),
    route([[left, weighting + 48], [left, 274], [middle, 274], [middle, compatibility + 14]], "accent", { radius: 6 }),
    route([[right, weighting + 48], [right, 274], [middle, 274], [middle, compatibility + 14]], "accent", { radius: 6 }),
    text(middle, 269, "+", { size: 17, anchor: "middle", kind: "accent bold" }),
    arrow([middle, compatibility + 48], [middle, unary + 14], "accent"),
    arrow([middle, unary + 48], [middle, activation + 14], "accent"),
    route([[middle, activation + 48], [middle, 566], [20, 566], [20, 30], [middle - 50, 30]], "accent", { radius: 10 }),
    text(84, 558, "*T* times", { size: 15, anchor: "middle", kind: "accent bold" }),
    box({ x: 418, y: 6, width: 100, height: 48 }, [["guide *I*", "bold"], ["the image", "soft"]], { size: 14, leading: 18 }), // prettier-ignore
    route([[468, 54], [468, 84], [right + 30, 84], [right + 30, passing + 14]], "soft", { width: 1.4, radius: 6 }),
    box({ x: 424, y: unary + 7, width: 94, height: 48 }, [["unary *U*", "bold"], ["logits", "soft"]], { size: 14, leading: 18 }), // prettier-ignore
    arrow([424, unary + 31], [middle + 50, unary + 31], "soft", { width: 1.4 }),
    text(471, passing + 62, "can be learned", { size: 13, anchor: "middle", kind: "warm" }),
  ); // prettier-ignore
}

export function unrolled() {
  const [forward, backward, width, tall] = [92, 268, 104, 46];
  const rows = [
    { y: 92, into: "softmax", back: "softmax^{⊤}" },
    { y: 172, into: "*f*_{θ}", back: "*f*_{θ}^{⊤}", step: "*t* = 1" },
    { y: 252, into: "*f*_{θ}", back: "*f*_{θ}^{⊤}", step: "*t* = 2" },
    { y: 372, into: "*f*_{θ}", back: "*f*_{θ}^{⊤}", step: "*t* = *T*" },
    { y: 452, into: "loss", back: "∂loss" },
  ];
  const [down, up] = [forward + width / 2, backward + width / 2];
  const cell = (x, y, ground, edge, line, step) =>
    box({ x, y, width, height: tall, ground, edge }, step ? [line, [step, "soft"]] : [line], { size: 15, leading: 19 });
  const ends = rows.map(({ y }) => [y, y + tall]);
  const gaps = ends.slice(1).map(([next], i) => [ends[i][1], next]);
  return figure(
    {
      width: 520,
      height: 548,
      title: "Forward and backward through the unrolled iterations",
      description:
        "Forward, downwards on the left: the softmax of the unary logits U, then the same function f with parameters θ for t = 1 to T, each of which also gets U and the lattices of the guide, then the loss of the logits X_T. " +
        "Backward, upwards on the right: the pullback of each step in reverse order, which reads what the tape has held of its step. Each adds its part to the gradients of U, of the matrices W and C, and of the bandwidths, so that these are sums over t.",
    },
    text(down, 16, "forward", { size: 15, anchor: "middle", kind: "accent bold" }),
    text(up, 74, "backward", { size: 15, anchor: "middle", kind: "warm bold" }),
    box({ x: forward, y: 26, width, height: 44 }, [["unary *U*", "bold"]], { size: 15 }),
    rows.map(({ y, into, back, step }) => [
      cell(forward, y, "tint", "accent", into, step),
      cell(backward, y, "blush", "warm", back, step),
    ]),
    // U and the lattices go to every step.
    path("M92 48H44Q36 48 36 56V387Q36 395 44 395H60", "none s-soft", { "stroke-width": 1.3 }),
    rows.slice(1, 4).map(({ y }) => [
      path(`M36 ${y + tall / 2 - 8}Q36 ${y + tall / 2} 44 ${y + tall / 2}H80`, "none s-soft", {
        "stroke-width": 1.3,
      }),
      arrow([60, y + tall / 2], [forward, y + tall / 2], "soft", { width: 1.3 }),
    ]),
    `<g transform="rotate(-90 20 232)">${text(20, 232, "*U* and lattices to every step", { size: 14, anchor: "middle", kind: "soft" })}</g>`,
    // Forward.
    arrow([down, 70], [down, 92], "accent"),
    gaps.map(([from, to], i) =>
      i === 2
        ? [
            path(`M${down} ${from}V${from + 16}`, "none s-accent", { "stroke-width": 1.6 }),
            text(down, from + 42, "· · ·", { size: 16, anchor: "middle", kind: "soft" }),
            arrow([down, to - 18], [down, to], "accent"),
          ]
        : arrow([down, from], [down, to], "accent"),
    ),
    text(down + 10, 159, "*Q*", { size: 14 }),
    text(down + 10, 439, "*X*_{T}", { size: 14 }),
    // What the tape holds.
    rows
      .slice(0, 4)
      .map(({ y }) =>
        arrow([forward + width, y + tall / 2], [backward, y + tall / 2], "soft", { width: 1.2, head: 6, dash: "4 4" }),
      ),
    text((forward + width + backward) / 2, 142, "held by", { size: 13.5, anchor: "middle", kind: "soft" }),
    text((forward + width + backward) / 2, 158, "the tape", { size: 13.5, anchor: "middle", kind: "soft" }),
    arrow([forward + width, 475], [backward, 475], "warm"),
    // Backward.
    gaps.map(([to, from], i) =>
      i === 2
        ? [
            path(`M${up} ${from}V${from - 16}`, "none s-warm", { "stroke-width": 1.6 }),
            text(up, to + 42, "· · ·", { size: 16, anchor: "middle", kind: "soft" }),
            arrow([up, to + 18], [up, to], "warm"),
          ]
        : arrow([up, from], [up, to], "warm"),
    ),
    // Sums over t.
    rows.slice(0, 3).map(({ y }) =>
      path(`M${backward + width} ${y + tall / 2}H420Q428 ${y + tall / 2} 428 ${y + tall / 2 + 8}`, "none s-warm", {
        "stroke-width": 1.4,
      }),
    ),
    path(`M${backward + width} 395H428`, "none s-warm", { "stroke-width": 1.4 }),
    route(
      [
        [428, 123],
        [428, 516],
      ],
      "warm",
      { width: 1.4 },
    ),
    text(440, 300, "each adds", { size: 14, kind: "warm" }),
    text(440, 320, "its part", { size: 14, kind: "warm" }),
    box({ x: 92, y: 516, width: 426, height: 30 }, ["sums over *t*:  ∂*U*,  ∂*W*_{s},  ∂*W*_{b},  ∂*C*,  ∂θ"], {
      size: 15,
    }),
  );
}
