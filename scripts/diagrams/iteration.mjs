// One mean-field iteration as layers, after Figure 1 of Zheng et al. (ICCV 2015), and the iterations unrolled.
import { arrow, box, figure, path, rect, route, text } from "./svg.mjs";

/** A small label for what is learned. */
const learned = (x, y, width, name) => [
  rect(x, y, width, 24, "f-blush s-warm", { rx: 12, "stroke-width": 1.2 }),
  text(x + width / 2, y + 16.5, name, { size: 13, anchor: "middle" }),
];

export function iteration() {
  const steps = [
    { x: 96, width: 132, title: "Message passing", formula: "*F* = *K Q*" },
    { x: 256, width: 98, title: "Weighting", formula: "*M* = Σ *W F*" },
    { x: 382, width: 106, title: "Compatibility", formula: "*C M*" },
    { x: 516, width: 78, title: "Unary", formula: "*X* = *U* − *C M*" },
    { x: 622, width: 86, title: "Activation", formula: "*Q* = softmax *X*" },
  ];
  const middle = 154;
  const [passing, weighting, compatibility, unary, activation] = steps;
  const center = ({ x, width }) => x + width / 2;
  const inner = (x, y, width, line) => [
    rect(x, y, width, 34, "f-tint s-accent", { rx: 8, "stroke-width": 1.2 }),
    text(x + width / 2, y + 22, line, { size: 14, anchor: "middle" }),
  ];
  return figure(
    {
      width: 720,
      height: 356,
      title: "One mean-field iteration",
      description:
        "Five layers from left to right. Message passing: the marginals Q go through the spatial filter and, steered by the guide I, through the bilateral filter. Weighting: each result is multiplied by a matrix, " +
        "W_s or W_b, and both are added. Compatibility: multiplication by the matrix C. Unary: the result is subtracted from the unary logits U. Activation: softmax makes marginals, which go back to the beginning, T times. " +
        "What can be learned stands at each layer: θγ, θα and θβ, W_s and W_b, and C.",
    },
    box({ x: 2, y: middle - 30, width: 70, height: 60, ground: "tint", edge: "accent" }, [["*Q*", "bold"], ["marginals", "soft"]], { size: 12, leading: 18 }), // prettier-ignore
    steps.map(({ x, width, title }) => [
      rect(x, middle - 62, width, 124, "f-face s-line", { rx: 10, "stroke-width": 1.2 }),
      text(x + width / 2, middle - 42, title, { size: 13, anchor: "middle", kind: "bold" }),
    ]),
    inner(passing.x + 10, middle - 30, passing.width - 20, "spatial *K*_{s}"),
    inner(passing.x + 10, middle + 16, passing.width - 20, "bilateral *K*_{b}"),
    inner(weighting.x + 10, middle - 30, weighting.width - 20, "*W*_{s} ·"),
    inner(weighting.x + 10, middle + 16, weighting.width - 20, "*W*_{b} ·"),
    inner(compatibility.x + 10, middle - 7, compatibility.width - 20, "*C* ·"),
    inner(unary.x + 8, middle - 7, unary.width - 16, "*U* −"),
    inner(activation.x + 8, middle - 7, activation.width - 16, "softmax"),
    // Forward.
    route(
      [
        [72, middle],
        [82, middle],
        [82, middle - 13],
        [106, middle - 13],
      ],
      "accent",
      { radius: 5 },
    ),
    route(
      [
        [72, middle],
        [82, middle],
        [82, middle + 33],
        [106, middle + 33],
      ],
      "accent",
      { radius: 5 },
    ),
    arrow([218, middle - 13], [266, middle - 13], "accent"),
    arrow([218, middle + 33], [266, middle + 33], "accent"),
    route(
      [
        [344, middle - 13],
        [368, middle - 13],
        [368, middle + 10],
        [392, middle + 10],
      ],
      "accent",
      { radius: 5 },
    ),
    route(
      [
        [344, middle + 33],
        [368, middle + 33],
        [368, middle + 10],
        [392, middle + 10],
      ],
      "accent",
      { radius: 5 },
    ),
    text(371, middle + 3, "+", { size: 15, anchor: "start", kind: "accent bold" }),
    arrow([478, middle + 10], [524, middle + 10], "accent"),
    arrow([586, middle + 10], [630, middle + 10], "accent"),
    // Once more.
    route(
      [
        [708, middle],
        [716, middle],
        [716, 330],
        [37, 330],
        [37, middle + 30],
      ],
      "accent",
      { radius: 7 },
    ),
    text(360, 322, "*T* times", { size: 14, anchor: "middle", kind: "accent bold" }),
    // What comes from outside.
    box({ x: center(unary) - 48, y: 6, width: 96, height: 44 }, [["unary *U*", "bold"], ["logits", "soft"]], { size: 12.5, leading: 17 }), // prettier-ignore
    arrow([center(unary), 50], [center(unary), middle - 62], "soft", { width: 1.4 }),
    box({ x: center(passing) - 48, y: 6, width: 96, height: 44 }, [["guide *I*", "bold"], ["the image", "soft"]], { size: 12.5, leading: 17 }), // prettier-ignore
    arrow([center(passing), 50], [center(passing), middle - 62], "soft", { width: 1.4 }),
    // What is computed, and what is learned.
    steps.map((step) => text(center(step), middle + 84, step.formula, { size: 12.5, anchor: "middle", kind: "soft" })),
    learned(center(passing) - 56, middle + 98, 112, "θγ   θα   θβ"),
    learned(center(weighting) - 42, middle + 98, 84, "*W*_{s}   *W*_{b}"),
    learned(center(compatibility) - 24, middle + 98, 48, "*C*"),
    text(482, middle + 115, "can be learned", { size: 12.5, kind: "warm" }),
  );
}

export function unrolled() {
  const [forwardY, backwardY, tall] = [84, 186, 48];
  const boxes = [
    { x: 112, width: 84, forward: "softmax", backward: "softmax*" },
    { x: 236, width: 84, forward: "*f*_{θ}", backward: "*f*_{θ}*", step: "*t* = 1" },
    { x: 360, width: 84, forward: "*f*_{θ}", backward: "*f*_{θ}*", step: "*t* = 2" },
    { x: 516, width: 84, forward: "*f*_{θ}", backward: "*f*_{θ}*", step: "*t* = *T*" },
    { x: 636, width: 76, forward: "loss", backward: "1" },
  ];
  const center = ({ x, width }) => x + width / 2;
  // An adjoint is marked by a star that markup would take for the end of a variable.
  const adjoint = (name) => name.replace(/\*$/, "^{⊤}");
  const dots = (y) => text(480, y + tall / 2 + 5, "· · ·", { size: 16, anchor: "middle", kind: "soft" });
  const [softmax, first, , last, loss] = boxes;
  return figure(
    {
      width: 720,
      height: 344,
      title: "Forward and backward through the unrolled iterations",
      description:
        "Forward, from left to right: the softmax of the unary logits U, then the same function f with parameters θ for t = 1 to T, each of which also gets U and the lattices of the guide, then the loss of the logits X_T. " +
        "Backward, from right to left: the pullback of each step in reverse order, which reads what the tape has held of its step. Each adds its part to the gradients of U, of the matrices W and C, and of the bandwidths, so that these are sums over t.",
    },
    text(2, 18, "forward", { size: 13, kind: "accent bold" }),
    box({ x: 2, y: forwardY, width: 70, height: tall, ground: "face" }, [["*U*", "bold"], ["logits", "soft"]], { size: 13, leading: 17 }), // prettier-ignore
    boxes.map(({ x, width, forward, step }) => [
      box({ x, y: forwardY, width, height: tall, ground: "tint", edge: "accent" }, step ? [forward, [step, "soft"]] : [forward], { size: 14, leading: 18 }), // prettier-ignore
    ]),
    dots(forwardY),
    // U goes to every step.
    path(`M37 ${forwardY}V52Q37 44 45 44H${center(last) - 8}`, "none s-soft", { "stroke-width": 1.3 }),
    boxes.slice(1, 4).map((one) => route([[center(one) - 8, 44], [center(one), 44], [center(one), forwardY]], "soft", { width: 1.3, radius: 7 })), // prettier-ignore
    text(50, 36, "*U* and the lattices of the guide go to every step", { size: 12.5, kind: "soft" }),
    arrow([72, forwardY + tall / 2], [softmax.x, forwardY + tall / 2], "accent"),
    arrow([softmax.x + 84, forwardY + tall / 2], [first.x, forwardY + tall / 2], "accent"),
    text(216, forwardY + tall / 2 - 8, "*Q*", { size: 13, anchor: "middle" }),
    arrow([first.x + 84, forwardY + tall / 2], [360, forwardY + tall / 2], "accent"),
    path(`M444 ${forwardY + tall / 2}H460`, "none s-accent", { "stroke-width": 1.6 }),
    arrow([500, forwardY + tall / 2], [last.x, forwardY + tall / 2], "accent"),
    arrow([last.x + 84, forwardY + tall / 2], [loss.x, forwardY + tall / 2], "accent"),
    text(618, forwardY + tall / 2 - 8, "*X*_{T}", { size: 13, anchor: "middle" }),
    // What the tape holds.
    boxes.slice(0, 4).map((one) => arrow([center(one), forwardY + tall], [center(one), backwardY], "soft", { width: 1.2, head: 6, dash: "4 4" })), // prettier-ignore
    text(center(first) + 8, (forwardY + tall + backwardY) / 2 + 4, "held by the tape", { size: 12, kind: "soft" }),
    route(
      [
        [center(loss), forwardY + tall],
        [center(loss), backwardY],
      ],
      "warm",
      {},
    ),
    // Backward.
    text(2, backwardY - 14, "backward", { size: 13, kind: "warm bold" }),
    boxes.map(({ x, width, backward, step }, i) => [
      box({ x, y: backwardY, width, height: tall, ground: "blush", edge: "warm" }, step ? [adjoint(backward), [step, "soft"]] : [i === 4 ? "∂loss" : adjoint(backward)], { size: 14, leading: 18 }), // prettier-ignore
    ]),
    dots(backwardY),
    arrow([loss.x, backwardY + tall / 2], [last.x + 84, backwardY + tall / 2], "warm"),
    path(`M516 ${backwardY + tall / 2}H500`, "none s-warm", { "stroke-width": 1.6 }),
    arrow([460, backwardY + tall / 2], [444, backwardY + tall / 2], "warm"),
    arrow([360, backwardY + tall / 2], [first.x + 84, backwardY + tall / 2], "warm"),
    arrow([first.x, backwardY + tall / 2], [softmax.x + 84, backwardY + tall / 2], "warm"),
    // Sums over t.
    path(`M${center(last)} ${backwardY + tall}V268Q${center(last)} 276 ${center(last) - 8} 276H${center(softmax) + 8}`, "none s-warm", { "stroke-width": 1.4 }), // prettier-ignore
    boxes.slice(1, 3).map((one) => path(`M${center(one)} ${backwardY + tall}V268Q${center(one)} 276 ${center(one) - 8} 276`, "none s-warm", { "stroke-width": 1.4 })), // prettier-ignore
    route(
      [
        [center(softmax), backwardY + tall],
        [center(softmax), 296],
      ],
      "warm",
      { width: 1.4 },
    ),
    path(`M${center(softmax) + 9} 276Q${center(softmax)} 276 ${center(softmax)} 284`, "none s-warm", { "stroke-width": 1.4 }), // prettier-ignore
    box({ x: 2, y: 296, width: 598, height: 42 }, ["∂*U*,   ∂*W*_{s},   ∂*W*_{b},   ∂*C*,   ∂θ:   each is the sum of what the steps bring"], { size: 14 }), // prettier-ignore
  );
}
