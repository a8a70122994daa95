import { expect, test } from "vitest";
import { parseShard, partOf } from "../../src/cli/shard.ts";

const things = Array.from({ length: 11 }, (_, i) => i);

test("parts are disjoint, complete and of nearly the same size", () => {
  const parts = [1, 2, 3, 4].map((index) => partOf(things, parseShard(`${index}/4`)));
  expect(parts.flat().sort((a, b) => a - b)).toEqual(things);
  expect(parts.map(({ length }) => length)).toEqual([3, 3, 3, 2]);
  expect(partOf(things, parseShard("16/16"))).toEqual([]);
});

test.each<[string, Record<string, string>, string, number, number]>([
  [
    "Slurm, --array=0-15",
    { SLURM_ARRAY_TASK_ID: "2", SLURM_ARRAY_TASK_MIN: "0", SLURM_ARRAY_TASK_STEP: "1", SLURM_ARRAY_TASK_COUNT: "16" },
    "auto",
    3,
    16,
  ],
  [
    "Slurm, --array=10-30:10",
    { SLURM_ARRAY_TASK_ID: "30", SLURM_ARRAY_TASK_MIN: "10", SLURM_ARRAY_TASK_STEP: "10", SLURM_ARRAY_TASK_COUNT: "3" },
    "auto",
    3,
    3,
  ],
  ["AWS Batch, from 0", { AWS_BATCH_JOB_ARRAY_INDEX: "0", AWS_BATCH_JOB_ARRAY_SIZE: "5" }, "auto", 1, 5],
  ["Kubernetes, from 0", { JOB_COMPLETION_INDEX: "0" }, "auto/4", 1, 4],
  ["Kubernetes, the last", { JOB_COMPLETION_INDEX: "3" }, "auto/4", 4, 4],
  [
    "Grid Engine, -t 2-8:2",
    { SGE_TASK_ID: "8", SGE_TASK_FIRST: "2", SGE_TASK_LAST: "8", SGE_TASK_STEPSIZE: "2" },
    "auto",
    4,
    4,
  ],
  ["PBS, from 1", { PBS_ARRAY_INDEX: "4" }, "auto/4", 4, 4],
  ["Torque, beside Grid Engine's word for no array", { SGE_TASK_ID: "undefined", PBS_ARRAYID: "1" }, "auto/2", 1, 2],
])("%s", (_, environment, words, index, of) => {
  expect(parseShard(words, environment)).toEqual({ index, of });
});

test.each<[string, Record<string, string>, RegExp]>([
  ["0/4", {}, /i from 1 to n/],
  ["5/4", {}, /i from 1 to n/],
  ["1/0", {}, /i from 1 to n/],
  ["automatic", {}, /i from 1 to n/],
  ["auto", {}, /one of the variables SLURM_ARRAY_TASK_ID, .*JOB_COMPLETION_INDEX/],
  ["auto", { JOB_COMPLETION_INDEX: "1" }, /auto\/n: Kubernetes does not say how many/],
  ["auto/4", { JOB_COMPLETION_INDEX: "4" }, /4 jobs, numbered evenly from 0 on, got JOB_COMPLETION_INDEX=4/],
  ["auto/4", { PBS_ARRAY_INDEX: "0" }, /numbered evenly from 1 on, got PBS_ARRAY_INDEX=0/],
  [
    "auto", // --array=1,3,7 has no even step
    { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "1", SLURM_ARRAY_TASK_STEP: "1", SLURM_ARRAY_TASK_COUNT: "3" },
    /array of 3 jobs, numbered evenly from 1 on, got SLURM_ARRAY_TASK_ID=7/,
  ],
  [
    "auto/16", // one job of an array, run again
    { SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_MIN: "3", SLURM_ARRAY_TASK_STEP: "1", SLURM_ARRAY_TASK_COUNT: "1" },
    /array of 16 jobs, got one of 1: name the part, as 3\/16/,
  ],
])("refuses %s in %o", (words, environment, sentence) => {
  expect(() => parseShard(words, environment)).toThrow(sentence);
});
