import { type Device, type Storage, view } from "./device.ts";
import { Workspace } from "./workspace.ts";

/** Reads several storages, whose bytes are multiples of four, in one go: on WebGPU each read is a round trip to the GPU. */
export async function readTogether(device: Device, storages: readonly Storage[]): Promise<ArrayBuffer[]> {
  using workspace = new Workspace(device);
  const all = workspace.allocate(storages.reduce((sum, { bytes }) => sum + bytes, 0));
  let begin = 0;
  const places = storages.map((storage) => {
    const place = { begin, end: begin + storage.bytes };
    device.copy(storage, view(all, begin, storage.bytes));
    begin = place.end;
    return place;
  });
  const read = await device.read(all);
  return places.map(({ begin, end }) => read.slice(begin, end));
}
