/** The example of a cloud of points carries scores from some points to all of them. */
import { labelCloud } from "../../examples/point-cloud/labelCloud.ts";
import { accuracy, poorScores, room } from "../../examples/point-cloud/room.ts";
import { referenceFilter, referenceLatticeAt } from "../reference/lattice.ts";
import { type Case, check, close } from "../suite.ts";

const bandwidths = { position: 0.31, normal: 0.43 };

const rows = ({ positions, normals }: ReturnType<typeof room>): Float32Array =>
  Float32Array.from({ length: positions.length * 2 }, (_, i) => {
    const place = Math.floor(i / 6) * 3 + (i % 3);
    return i % 6 < 3 ? positions[place]! / 0.31 : normals[place]! / 0.43;
  });

export const cases: Case[] = [
  {
    name: "all points of a room get the class of the surface that they are on, from a few that were wrong one time in five",
    async run(device) {
      const [sample, cloud] = [room(300, 1), room(900, 2)];
      const scores = poorScores(sample.truth);
      const labeled = await labelCloud(device, sample, scores, cloud, bandwidths);
      const [was, is] = [accuracy(scores, sample.truth), accuracy(labeled, cloud.truth)];
      check(was === 0.8 && is > 0.95, `${was} of the sample, ${is} of all`);
    },
  },
  {
    name: "the scores are those of the float64 reference",
    async run(device) {
      const [sample, cloud] = [room(40, 3), room(60, 4)];
      const scores = poorScores(sample.truth);
      const { own, at } = referenceLatticeAt(rows(sample), rows(cloud), 6);
      const expected = referenceFilter(own, scores, 3, { normalization: "after", at });
      close(await labelCloud(device, sample, scores, cloud, bandwidths), expected, { ofMaximum: 1e-5 }, "scores");
    },
  },
];
