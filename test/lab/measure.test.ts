import { expect, test } from "vitest";
import { parseTimes } from "../../bench/bench.ts";
import { openMeasuring, tiny } from "./measuring.ts";
import { visitLab } from "./visit.ts";

test("measures a line, and saves it as a file to compare with", () =>
  visitLab({ isolated: false }, async (lab) => {
    const room = await openMeasuring(lab, `#measure?device=wasm&lines=named&only=lattice/blur$&${tiny}`);
    await room.ready();
    await room.measure();
    const { text, facts } = await room.saved();
    expect((await room.table("Kernels")).map(([name]) => name)).toEqual(["lattice/blur"]);
    expect(parseTimes(text).milliseconds).toEqual({ "lattice/blur": facts.kernels[0]!.least });
    expect(room.complaints).toEqual([]);
  }));
