import { type Device, type Storage, view } from "./device.ts";
import { Workspace } from "./workspace.ts";

/** Reads several storages, whose bytes are multiples of four, in one go: on WebGPU each read is a round trip to the GPU. */
export async function readTogether(device: Device, storages: readonly Storage[]): Promise<ArrayBuffer[]> {
  using workspace = new Workspace(device);
  let size = 0;
  const begins = storages.map(({ bytes }) => (size += bytes) - bytes);
  const all = workspace.allocate(size);
  storages.forEach((storage, i) => device.copy(storage, view(all, begins[i]!, storage.bytes)));
  const read = await device.read(all);
  return storages.map(({ bytes }, i) => read.slice(begins[i], begins[i]! + bytes));
}
