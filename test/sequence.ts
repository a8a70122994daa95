import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * What takes longest, above 20 s: Node first, then what waits, since what else runs has the processor meanwhile. Where nothing was measured on the
 * machine before, as in a new clone, other files go by their size.
 */
const first = [
  "hosts/node",
  "hosts/node-wasm",
  "hosts/chromium",
  "hosts/deno",
  "cli/orphans",
  "hosts/newer-node",
  "hosts/deno-wasm",
  "hosts/chromium-wasm",
  "hostile/hostile",
  "cli/train",
  "cli/cli",
  "cli/bench",
  "cli/refine",
  "cli/evaluate",
  "cli/trainHosts",
  "gpu/stats",
  "bundles/minified",
  "goldens/goldens",
  "package",
  "distributed/mpi",
];

/** The order of files: with the longest at the end, one worker would run it while the others have nothing left to do. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = first.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return place < 0 ? first.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
