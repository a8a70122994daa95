/** The example of a volume computes mean field in three dimensions, and mends a noisy ball. */
import { accuracy, ballIn } from "../../examples/volume/ball.ts";
import { refineVolume } from "../../examples/volume/refineVolume.ts";
import { activation } from "../reference/crf.ts";
import { referenceFilter, referenceLattice } from "../reference/lattice.ts";
import { type Case, check, close, random } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "a volume is refined as the definition of mean field says",
    async run(device) {
      const size = [3, 4, 5] as const;
      const options = { position: 1.7, intensity: 23, weight: 1.5, iterations: 2 };
      const intensities = random(1).array(60, 0, 100);
      const input = random(2).array(180, -2, 2);
      using scores = device.tensor([60, 3], input);
      using result = await refineVolume(scores, intensities, size, options);
      const features = Array.from({ length: 60 }, (_, voxel) => [
        ...[Math.floor(voxel / 20), Math.floor(voxel / 5) % 4, voxel % 5].map((place) => place / 1.7),
        intensities[voxel]! / 23,
      ]);
      const lattice = referenceLattice(Float32Array.from(features.flat()), 4);
      let logits = Float64Array.from(input);
      for (let i = 0; i < 2; i++) {
        const message = referenceFilter(lattice, activation(logits, 3), 3, { normalization: "symmetric" });
        logits = Float64Array.from(input, (score, j) => score + 1.5 * message[j]!);
      }
      close(await result.read(), logits, { ofMaximum: 1e-5 }, "logits");
    },
  },
  {
    name: "a ball whose voxels were wrong one time in five comes out right",
    async run(device) {
      const size = [14, 14, 14] as const;
      const { truth, intensities, scores } = ballIn(size);
      using before = device.tensor([truth.length, 2], scores);
      const options = { position: 2, intensity: 25, weight: 4, iterations: 3 };
      using after = await refineVolume(before, intensities, size, options);
      const [was, is] = [accuracy(scores, truth), accuracy(await after.read(), truth)];
      check(was < 0.85 && is > 0.99, `${was} before, ${is} after`);
    },
  },
];
