import { computed, signal } from "@preact/signals";
import type { DeviceFacts } from "../engine/choice.ts";
import { room } from "./address.ts";
import type { RoomName } from "./rooms.ts";

/** What became of the device of a room. */
export type DeviceState =
  | { readonly state: "opening" }
  | { readonly state: "failed" }
  | { readonly state: "open"; readonly facts: DeviceFacts };

const states = signal<Partial<Record<RoomName, DeviceState>>>({});

/** Says what became of the device of a room; the chip shows that of the room which is open. */
export function tellDevice(of: RoomName, state: DeviceState): void {
  states.value = { ...states.peek(), [of]: state };
}

/** The device of the room that is open; undefined where it needs none. */
export const deviceState = computed(() => states.value[room.value]);
