// The activations of mean field by number, as src/crf/activation.ts has them.
const ACTIVATION_NONE = 0u;
const ACTIVATION_SOFTMAX = 1u;
const ACTIVATION_RELU = 2u;
