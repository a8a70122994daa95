import type { ReadonlySignal } from "@preact/signals";
import type { ComponentType } from "preact";

/** What a room is given. */
export interface RoomProps {
  /** Whether the room is on view. A room that was visited stays as it is while another is on view. */
  readonly active: ReadonlySignal<boolean>;
}

/** A room: its tab, and how its own part of the page is loaded. */
interface Room {
  readonly name: string;
  readonly title: string;
  readonly load: () => Promise<{ readonly Room: ComponentType<RoomProps> }>;
}

export const rooms = [
  { name: "refine", title: "Refine", load: () => import("../rooms/refine/index.tsx") },
  { name: "inside", title: "Look inside", load: () => import("../rooms/inside/index.tsx") },
  { name: "learn", title: "Learn", load: () => import("../rooms/learn/index.tsx") },
  { name: "measure", title: "Measure", load: () => import("../rooms/measure/index.tsx") },
] as const satisfies readonly Room[];

export type RoomName = (typeof rooms)[number]["name"];

export const isRoom = (name: string): name is RoomName => rooms.some((room) => room.name === name);
