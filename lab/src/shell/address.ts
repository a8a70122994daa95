import { effect, type Signal, signal } from "@preact/signals";
import type { DeviceChoice } from "../engine/choice.ts";
import { notify } from "./notices.ts";
import { decode, encode, type Limits, type Values } from "./parameters.ts";
import { isRoom, type RoomName, rooms } from "./rooms.ts";

// What the page shows is in its address, behind the hash: `#refine?position=60&device=wasm&threads=1`. So a link carries it, going back
// goes back, and any static host serves it.

const first: RoomName = "refine";
const preferences: readonly DeviceChoice["prefer"][] = ["auto", "webgpu", "wasm"];
const ofDevice = ["device", "threads", "simd"];

function parse(hash: string): { readonly room: RoomName; readonly search: URLSearchParams } {
  const [name = "", search = ""] = hash.replace(/^#/, "").split("?", 2);
  if (name !== "" && !isRoom(name)) {
    notify({
      kind: "warning",
      key: "room",
      text: `There is no room named “${name}” here; this is “${rooms[0].title}”.`,
    });
  }
  return { room: isRoom(name) ? name : first, search: new URLSearchParams(search) };
}

function choiceOf(search: URLSearchParams): DeviceChoice {
  const prefer = preferences.find((one) => one === search.get("device")) ?? "auto";
  const threads = Number(search.get("threads") ?? undefined);
  return {
    prefer,
    ...(Number.isInteger(threads) && threads >= 1 && threads <= 64 && { threads }),
    ...(prefer === "wasm" && search.get("simd") === "plain" && { simd: "plain" as const }),
  };
}

const begin = parse(location.hash);

/** The room that is on view. */
export const room = signal<RoomName>(begin.room);
/** The device that the reader asks for, in every room. */
export const choice = signal<DeviceChoice>(choiceOf(begin.search));

/** The parameters of a room, and how they are written to an address. */
interface Registered {
  readonly read: (search: URLSearchParams) => void;
  readonly write: () => [string, string][];
}
const registered = new Map<RoomName, Registered>();
/** What was asked of rooms that are not loaded yet. */
const asked = new Map<RoomName, URLSearchParams>([[begin.room, begin.search]]);

/**
 * The parameters of a room: one plain object of numbers, text, flags and lists of numbers, in a signal. It begins as what the
 * address says, and `defaults` where it says nothing; whoever sets the signal changes the address, which names what differs from
 * `defaults`. What an address says beyond `limits` is told in a notice. Call it once, where the room's module is loaded.
 *
 * @example
 * export const parameters = roomParameters("refine", { position: 60, view: "result" }, { position: [1, 400] });
 * parameters.value = { ...parameters.value, position: 80 };
 */
export function roomParameters<Defaults extends Values>(
  of: RoomName,
  defaults: Defaults,
  limits: Limits<Defaults> = {},
): Signal<Defaults> {
  const values = signal(defaults);
  const read = (search: URLSearchParams): void => {
    const own = new URLSearchParams([...search].filter(([name]) => !ofDevice.includes(name)));
    const { values: decoded, complaints } = decode(own, defaults, limits);
    for (const text of complaints) notify({ kind: "warning", key: text, text });
    values.value = decoded;
  };
  registered.set(of, { read, write: () => encode(values.value, defaults) });
  read(asked.get(of) ?? new URLSearchParams());
  effect(() => {
    void values.value;
    if (room.peek() === of) write();
  });
  return values;
}

/** The address of a room as it is now, for links within the page. It names the device where one was asked for. */
export function addressOf(of: RoomName): string {
  const { prefer, threads, simd } = choice.value;
  const device: [string, string][] = prefer === "auto" ? [] : [["device", prefer]];
  if (threads !== undefined) device.push(["threads", String(threads)]);
  if (simd) device.push(["simd", simd]);
  return hashOf(of, [...parametersOf(of), ...device]);
}

/** A link to a room with its parameters, for others: their device is their own. */
export const linkTo = (of: RoomName): string => new URL(hashOf(of, parametersOf(of)), location.href).href;

function parametersOf(of: RoomName): [string, string][] {
  const known = registered.get(of);
  if (known) return known.write();
  return [...(asked.get(of) ?? [])].filter(([name]) => !ofDevice.includes(name));
}

function hashOf(of: RoomName, parameters: [string, string][]): string {
  const search = new URLSearchParams(parameters).toString().replaceAll("%2C", ",");
  return search === "" ? `#${of}` : `#${of}?${search}`;
}

/** Asks for another device, in every room. */
export function choose(chosen: DeviceChoice): void {
  choice.value = chosen;
  write();
}

/** Browsers allow some hundred changes of the address in half a minute; a slider makes more. */
const pause = 200;
let timer: ReturnType<typeof setTimeout> | undefined;

function write(): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    // A link that was followed this moment is told by `hashchange` in the next.
    const [named = ""] = location.hash.slice(1).split("?");
    if (isRoom(named) && named !== room.peek()) return;
    const address = addressOf(room.peek());
    if (address !== location.hash && !(location.hash === "" && address === `#${first}`))
      history.replaceState(null, "", address);
  }, pause);
}

/** How far each room was scrolled when it was left. */
export const scrolled = new Map<RoomName, number>();

/** Follows the address: links, going back, and what is typed. */
export function followAddress(): void {
  addEventListener("hashchange", () => {
    clearTimeout(timer);
    const { room: next, search } = parse(location.hash);
    const { prefer, threads } = choiceOf(search);
    const other = prefer !== choice.peek().prefer || threads !== choice.peek().threads;
    // A link without a device leaves it to the reader, who may have chosen.
    if (other && ofDevice.some((name) => search.has(name))) choice.value = choiceOf(search);
    asked.set(next, search);
    registered.get(next)?.read(search);
    scrolled.set(room.peek(), scrollY);
    room.value = next;
    write();
  });
}
