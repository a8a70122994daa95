import { choice, number, boolean, whole } from "../description.ts";
import { normalizations } from "../lattice/filter.ts";
import { activations } from "./activation.ts";

/**
 * The options of a CRF-RNN layer that have one value, with the paper's defaults. Runs and their configurations have
 * them, too.
 */
export const inferenceOptions = {
  iterations: whole(5, { least: 1 }),
  tied: boolean(true),
  normalization: choice(normalizations, "after", { flag: ["--normalize <mode>", "normalization of both filters"] }),
  activation: choice(activations, "softmax", {
    flag: ["--activation <kind>", "how logits become marginals between iterations"],
  }),
};

/** The bandwidths. The library has them as `bilateral.position`, `bilateral.color` and `spatial.position`. */
export const bandwidthOptions = {
  thetaAlpha: number(160, { above: 0, flag: ["--theta-alpha <θα>", "bilateral bandwidth in pixels"] }),
  thetaBeta: number(3, { above: 0, flag: ["--theta-beta <θβ>", "bilateral bandwidth in color levels"] }),
  thetaGamma: number(3, { above: 0, flag: ["--theta-gamma <θγ>", "spatial bandwidth in pixels"] }),
};

/** By what logits are divided before a CRF gets them: networks are often surer than they are right. */
export const temperatureOption = {
  temperature: number(1, { above: 0, flag: ["--temperature <t>", "divide the logits below the CRF by this"] }),
};

/** The weights where they are one number. The library has them as `spatial.weight` and `bilateral.weight`. */
export const weightOptions = {
  spatialWeight: number(3, { least: 0, flag: ["--spatial-weight <w>", "diagonal of W_s"] }),
  bilateralWeight: number(5, { least: 0, flag: ["--bilateral-weight <w>", "diagonal of W_b"] }),
};
