import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes longest. Deno comes first: with WebGPU it waits most of the time, and what else runs has the processor meanwhile. */
const first = [
  "hosts/deno",
  "hosts/chromium",
  "hosts/node",
  "cli/orphans",
  "hosts/newer-node",
  "hosts/deno-wasm",
  "hosts/chromium-wasm",
  "hostile/hostile",
  "cli/train",
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
