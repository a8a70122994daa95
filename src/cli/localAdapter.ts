import { isSoftwareName } from "../device/adapter.ts";
import { type ListedAdapter, listAdapters } from "../device/adapters.ts";
import { localRank } from "../distributed/launcher.ts";
import { DeviceError } from "../errors.ts";
import type { CommonFlags } from "./options.ts";

/** What `--adapter` takes for one of the machine's equal adapters, by the number of this process among those of the machine. */
export const localWord = "local";

/** The flags with an adapter's index in the place of `local`. @throws DeviceError where nothing tells which process of the machine this is */
export async function withLocalAdapter<Flags extends CommonFlags>(
  flags: Flags,
  rank = localRank(process.env),
): Promise<Flags> {
  if (flags.adapter !== localWord) return flags;
  if (rank !== undefined) return { ...flags, adapter: adapterOfRank(await listAdapters(), rank) };
  throw new DeviceError({
    where: "--adapter local",
    expected: "a process that mpirun or srun started, as its variables tell",
    got: "one that was started by itself",
    remedy: "name the adapter, as crf-rnn doctor lists it",
  });
}

/**
 * The index of a process's adapter. Adapters of one name are dealt out, of which there are most, so that all processes compute on the same
 * kind: neither on the processor where there is a GPU, nor on the graphics of a server's board beside its GPUs. More processes than
 * adapters share them. Without any it is the first, which is then told to be missing.
 */
export function adapterOfRank(all: readonly Pick<ListedAdapter, "index" | "name">[], rank: number): number {
  const hardware = all.filter(({ name }) => !isSoftwareName(name));
  const candidates = hardware.length > 0 ? hardware : all;
  const equal = candidates.map(({ name }) => candidates.filter((other) => other.name === name));
  const most = equal.reduce((best, each) => (each.length > best.length ? each : best), equal[0] ?? []);
  return most[rank % most.length]?.index ?? 0;
}
