import { availableParallelism, cpus, hostname } from "node:os";
import { launchedBy, localRank } from "../../distributed/launcher.ts";
import { MpiRanks, type Traffic } from "../../distributed/mpiRanks.ts";
import { DeviceError } from "../../errors.ts";
import { ownBuild } from "../../train/made.ts";
import type { Ranks } from "../../train/ranks.ts";

/**
 * Does the same at all ranks that the launcher started. Where one of them fails, all end, and one tells why: the first, or where that is gone,
 * whoever noticed.
 * @throws what `work` does, as the rank that tells; DeviceError for what another rank threw
 */
export async function together<Result>(
  work: (ranks: Ranks) => Promise<Result>,
): Promise<(Result & { readonly traffic: Traffic }) | undefined> {
  const ranks = await MpiRanks.join(ownBuild).catch(async (error: unknown) => {
    // The first rank has most likely the same to say, and its end is the end of all.
    if (isOtherRank()) await new Promise((resolve) => setTimeout(resolve, 2000));
    throw error;
  });
  try {
    const result = await work(ranks);
    return { ...result, traffic: await ranks.close() };
  } catch (error) {
    const { failure, speaks } = await ranks.fail(error);
    const { rank, status, facts } = failure;
    process.exitCode = status;
    if (!speaks) return undefined;
    if (rank === ranks.rank) throw error;
    if (status !== 2) throw new Error(`rank ${rank}: ${facts.got}`, { cause: error });
    throw new DeviceError({ ...facts, where: `rank ${rank}, ${facts.where}` });
  }
}

/** Whether this process is one of several that a launcher started, and not the first, as the launcher says. */
export const isOtherRank = (): boolean => (launchedBy(process.env).rank ?? 0) > 0;

/** Where a rank stands among those of its machine. */
export interface Seat {
  /** Ranks on the machine. */
  readonly of: number;
  /** Those of them before this one. */
  readonly rank: number;
}

/** Counts the ranks of this machine, by its name. What the launcher says of the rank's number counts more, as in containers. */
export async function seatOf(ranks: Ranks): Promise<Seat> {
  const machines = await ranks.exchange(new TextEncoder().encode(hostname()));
  const isHere = machines.map((machine) => new TextDecoder().decode(machine) === hostname());
  const count = (all: readonly boolean[]): number => all.filter(Boolean).length;
  return { of: count(isHere), rank: localRank(process.env) ?? count(isHere.slice(0, ranks.rank)) };
}

/**
 * How many threads a rank takes where nothing is said: the processors to which the launcher has bound it, or else its share of the
 * machine's, which other ranks use as well.
 */
export function threadsOf({ of }: Seat): number {
  const own = availableParallelism();
  const isBound = own < cpus().length;
  return Math.max(1, Math.min(64, isBound ? own : Math.floor(own / of)));
}

/** Whether this process writes files and speaks: every process that trains by itself, and the first rank of several. */
export const leads = (ranks: Ranks | undefined): boolean => ranks === undefined || ranks.rank === 0;
