/** The activations of mean field by number, as in kernels/crf/activation.wgsl. */
export const ACTIVATION_NONE: u32 = 0;
export const ACTIVATION_SOFTMAX: u32 = 1;
export const ACTIVATION_RELU: u32 = 2;
