import { version } from "../../../package.json";
import { commonSources } from "../../../build/wasmSources.ts";
import { MpiRanks } from "../../distributed/mpiRanks.ts";
import { DeviceError } from "../../errors.ts";
import type { Ranks } from "../../train/ranks.ts";

/**
 * Does the same at all ranks that the launcher started. Where one of them fails, all end, and one tells why: the first, or where that is gone,
 * whoever noticed.
 * @throws what `work` does, as the rank that tells; DeviceError for what another rank threw
 */
export async function together<Result>(work: (ranks: Ranks) => Promise<Result>): Promise<Result | undefined> {
  const ranks = await MpiRanks.join(`${version} of ${commonSources}`);
  let result: Result;
  try {
    result = await work(ranks);
    await ranks.close();
  } catch (error) {
    const { failure, speaks } = await ranks.fail(error);
    const { rank, status, facts } = failure;
    process.exitCode = status;
    if (!speaks) return undefined;
    if (rank === ranks.rank) throw error;
    if (status !== 2) throw new Error(`rank ${rank}: ${facts.got}`, { cause: error });
    throw new DeviceError({ ...facts, where: `rank ${rank}, ${facts.where}` });
  }
  return result;
}

/** Whether this process writes files and speaks: every process that trains by itself, and the first rank of several. */
export const leads = (ranks: Ranks | undefined): boolean => ranks === undefined || ranks.rank === 0;
