import { expect, test } from "vitest";
import { launchedBy, localRank } from "../../src/distributed/launcher.ts";

test.each([
  ["nobody", {}, { family: undefined, rank: undefined, size: undefined }],
  [
    "Open MPI's mpirun",
    { OMPI_COMM_WORLD_SIZE: "3", OMPI_COMM_WORLD_RANK: "2", PMIX_RANK: "2" },
    { family: "Open MPI", rank: 2, size: 3 },
  ],
  ["MPICH's mpirun", { PMI_SIZE: "4", PMI_RANK: "0" }, { family: "MPICH", rank: 0, size: 4 }],
  [
    "srun --mpi=pmix",
    { PMIX_RANK: "1", SLURM_STEP_ID: "0", SLURM_STEP_NUM_TASKS: "2", SLURM_PROCID: "1" },
    { family: "Open MPI", rank: 1, size: 2 },
  ],
  [
    "srun without MPI",
    { SLURM_STEP_ID: "0", SLURM_STEP_NUM_TASKS: "2", SLURM_PROCID: "1" },
    { family: undefined, rank: 1, size: 2 },
  ],
  ["a batch script of Slurm", { SLURM_NTASKS: "8" }, { family: undefined, rank: undefined, size: undefined }],
  ["something else", { PMI_SIZE: "many" }, { family: undefined, rank: undefined, size: undefined }],
])("tells a process that %s started", (_, environment, expected) => {
  expect(launchedBy(environment)).toEqual(expected);
});

test("tells the rank within the machine, by whichever launcher says it", () => {
  expect(localRank({ OMPI_COMM_WORLD_LOCAL_RANK: "3" })).toBe(3);
  expect(localRank({ MPI_LOCALRANKID: "1" })).toBe(1);
  expect(localRank({ SLURM_LOCALID: "0" })).toBe(0);
  expect(localRank({ MV2_COMM_WORLD_LOCAL_RANK: "2" })).toBe(2);
  expect(localRank({ PALS_LOCAL_RANKID: "5" })).toBe(5);
  expect(localRank({})).toBeUndefined();
});

test("another launcher within a job of Slurm counts by itself", () => {
  expect(localRank({ SLURM_LOCALID: "0", MPI_LOCALRANKID: "3" })).toBe(3);
  expect(localRank({ SLURM_LOCALID: "0", OMPI_COMM_WORLD_LOCAL_RANK: "2" })).toBe(2);
});
