/** How logits become marginals: softmax, or the paper's ReLU followed by division by the sum. */
export type Activation = "softmax" | "relu";

export const activations: readonly Activation[] = ["softmax", "relu"];

/** The kernels' numbers, as kernels/crf/activation.wgsl has them; `none` leaves logits as they are. */
export const activationCodes: Readonly<Record<Activation | "none", number>> = { none: 0, softmax: 1, relu: 2 };
