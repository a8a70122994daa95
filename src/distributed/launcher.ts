/** The two families of MPI, which differ in what their handles are: everything else speaks one of these. */
export type Family = "MPICH" | "Open MPI";

/** What the launcher of this process says of it in the environment. */
export interface Launched {
  /** The family of the launcher, where it shows. */
  readonly family?: Family;
  readonly rank?: number;
  readonly size?: number;
}

/**
 * Reads what `mpirun` or `srun` has left in the environment. Open MPI's has variables of its own; MPICH's, and those made from it
 * (Intel's, Cray's, MVAPICH), speak PMI. Under `srun` Slurm's own variables count where neither does.
 */
export function launchedBy(environment: Readonly<Record<string, string | undefined>>): Launched {
  const number = (name: string): number | undefined =>
    /^\d+$/.test(environment[name] ?? "") ? Number(environment[name]) : undefined;
  const size = number("OMPI_COMM_WORLD_SIZE");
  if (size !== undefined) return { family: "Open MPI", size, rank: number("OMPI_COMM_WORLD_RANK") };
  if (number("PMI_SIZE") !== undefined) return { family: "MPICH", size: number("PMI_SIZE"), rank: number("PMI_RANK") };
  const step = environment.SLURM_STEP_ID === undefined ? undefined : number("SLURM_STEP_NUM_TASKS");
  const rank = number("PMIX_RANK") ?? number("SLURM_PROCID");
  return { family: environment.PMIX_RANK === undefined ? undefined : "Open MPI", size: step, rank };
}

/**
 * Variables in which launchers count the processes of one machine: Open MPI's, MPICH's and Intel's, MVAPICH's, Cray's, and Slurm's, which is
 * the last: what another launcher starts within a job has that of the job's script, too.
 */
const localRanks = [
  "OMPI_COMM_WORLD_LOCAL_RANK",
  "MPI_LOCALRANKID",
  "MV2_COMM_WORLD_LOCAL_RANK",
  "PALS_LOCAL_RANKID",
  "SLURM_LOCALID",
];

/** The number of this process among those of its machine, where the launcher says it: for binding each to a GPU of its own. */
export function localRank(environment: Readonly<Record<string, string | undefined>>): number | undefined {
  const name = localRanks.find((each) => /^\d+$/.test(environment[each] ?? ""));
  return name === undefined ? undefined : Number(environment[name]);
}
