import { describe, expect, test } from "vitest";
import { trainWords } from "../../src/cli/train/flags.ts";
import { runOptions } from "../../src/models/specification.ts";
import type { Configuration } from "../../src/train/configuration.ts";
import {
  compare,
  describeChanges,
  freeFlags,
  goOnWith,
  keepsMemory,
  settings,
  type Setting,
} from "../../src/train/goingOn.ts";
import { toyConfiguration } from "./toy.ts";

const there: Configuration = {
  ...toyConfiguration,
  optimizer: { ...toyConfiguration.optimizer, clip: 3, schedule: { kind: "poly", steps: 100, power: 2 } },
};
const asked: Configuration = {
  ...toyConfiguration,
  optimizer: { kind: "sgd", rate: 0.001, momentum: 0.5, decay: 0.1, schedule: { kind: "fixed" } },
};
const said = (...names: Setting[]): ReadonlySet<Setting> => new Set(names);

describe("a run goes on", () => {
  test("with what the checkpoint has, where nothing else was said", () => {
    const here = goOnWith(there, asked, said(), 100);
    expect(here).toEqual(there);
    expect(compare(there, here)).toEqual({ changed: [], refused: [] });
  });

  test("with what was said, and only with that", () => {
    const { optimizer } = goOnWith(there, asked, said("rate", "schedule"), 100);
    expect(optimizer).toEqual({ ...there.optimizer, rate: 0.001, schedule: { kind: "fixed" } });
    expect(goOnWith(there, asked, said("momentum", "decay", "clip"), 100).optimizer).toEqual({
      ...there.optimizer,
      momentum: 0.5,
      decay: 0.1,
      clip: undefined,
    });
  });

  test("to another end, and its polynomial with it", () => {
    const here = goOnWith(there, asked, said(), 150);
    const { changed, refused } = compare(there, here);
    expect(refused).toEqual([]);
    expect(describeChanges(changed)).toBe("schedule.steps 150 instead of 100");
    expect(keepsMemory(changed)).toBe(true);
  });

  test("not with another seed, loss, batch, network or optimizer", () => {
    const optimizer = { ...there.optimizer, kind: "adam" } as const;
    const other: Configuration = { ...there, seed: 1, loss: "mean", batch: 7, beginning: "other", optimizer };
    const { changed, refused } = compare(there, goOnWith(there, other, said("rate"), 100));
    expect(refused.map(({ path }) => path)).toEqual(["beginning", "optimizer.kind", "batch", "loss", "seed"]);
    expect(changed).toEqual([]);
  });

  test("with a memory begun anew after all changes but the schedule's", () => {
    for (const [name, { path, memory }] of Object.entries(settings)) {
      expect(keepsMemory([{ path, there: "1", here: "2" }]), name).toBe(memory === "stands");
    }
    expect(keepsMemory([])).toBe(true);
  });
});

test("every flag of the command is one that may differ, one that may not, or one that says where things are", () => {
  const flags = trainWords().options.map(({ long }) => long!);
  const kept =
    "--stage --init --logits --width --widths --freeze --optimizer --rate-of --batch --loss --class-weights --seed --augment --iterations " +
    "--normalize --activation --untied --theta-alpha --theta-beta --theta-gamma --spatial-weight --bilateral-weight --learn --crf-only " +
    "--temperature --weights --compatibility --val-iterations --lstm";
  const places = "--data --out --format --params --resume --exact --dry-run".split(" ");
  const common = "--device --adapter --threads --plain-simd --json --quiet".split(" "); // of all commands
  const may = [...Object.values(settings).map(({ flag }) => flag as string), ...freeFlags];
  const ofNetwork = Object.values(runOptions).flatMap(({ flag }) => (flag ? flag[0].split(" ").slice(0, 1) : []));
  expect(ofNetwork).toContain("--dropout");
  expect([...flags, ...common].sort()).toEqual([...may, ...kept.split(" "), ...ofNetwork, ...places].sort());
});
