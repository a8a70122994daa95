import type { CrfOptions } from "./crfRnn.ts";

/**
 * Published sets of options: `crfRnn(device, { classes: 21, ...presets.deeplab })`, and so for `refine` and `meanField`. Both were
 * found on PASCAL VOC, whose pictures are 500 pixels long; for others give the positions in percent of the longer side.
 * @example const crf = crfRnn(device, { classes: 21, ...presets.deeplab });
 */
export const presets = {
  /**
   * CRF-RNN as its training begins, and the defaults of this library: Zheng et al., "Conditional random fields as recurrent
   * neural networks" (ICCV 2015), with the values of the published Caffe layer `MultiStageMeanfield`: θα = 160, θβ = 3,
   * θγ = 3, W_s = 3, W_b = 5. A network that is not trained with them may get worse.
   */
  crfAsRnn: {
    iterations: 5,
    normalization: "after",
    bilateral: { position: 160, color: 3, weight: 5 },
    spatial: { position: 3, weight: 3 },
    compatibility: "potts",
  },
  /**
   * The dense CRF behind DeepLab v2 with ResNet-101: Chen et al., "DeepLab: semantic image segmentation with deep
   * convolutional nets, atrous convolution, and fully connected CRFs" (TPAMI 2018), who cross-validated them on VOC's
   * validation set. The numbers are those of github.com/kazuto1011/deeplab-pytorch, `configs/voc12.yaml` (BI_W 4, BI_XY_STD 67,
   * BI_RGB_STD 3, POS_W 3, POS_XY_STD 1, ITER_MAX 10), which runs them in pydensecrf, whose normalization is symmetric.
   */
  deeplab: {
    iterations: 10,
    normalization: "symmetric",
    bilateral: { position: 67, color: 3, weight: 4 },
    spatial: { position: 1, weight: 3 },
    compatibility: "potts",
  },
} as const satisfies Record<string, Omit<CrfOptions, "classes">>;
