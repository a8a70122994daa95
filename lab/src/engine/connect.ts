import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { proxy, type Remote, wrap } from "comlink";
import { choice, choose } from "../shell/address.ts";
import { tellDevice } from "../shell/device.ts";
import { notify } from "../shell/notices.ts";
import type { RoomName } from "../shell/rooms.ts";
import type { DeviceChoice, DeviceFacts } from "./choice.ts";
import type { Served } from "./serve.ts";

/** A room's worker, as its page sees it. */
export interface Connection<Service extends object> {
  /** The service on the device that is open. Calls made before one is open wait for it; see `opened`. */
  readonly service: Remote<Service>;
  /** The device's facts: undefined while one is opened, and where none could be. */
  readonly facts: ReadonlySignal<DeviceFacts | undefined>;
  /** Counts the devices that were opened: an effect that reads it computes again when the reader chooses another device. */
  readonly opened: ReadonlySignal<number>;
  /** Resolves once a device is open. */
  ready(): Promise<void>;
}

/**
 * Starts a room's worker, and has it open the device that the reader chooses, now and whenever the choice changes. What goes
 * wrong is told in a notice.
 *
 * @example
 * const connection = connect<RefineService>("refine", () => new Worker(new URL("./refine.worker.ts", import.meta.url), { type: "module" }));
 */
export function connect<Service extends object>(room: RoomName, start: () => Worker): Connection<Service> {
  const worker = start();
  const remote = wrap<Served<Service>>(worker) as unknown as RemoteServed<Service>;
  const facts: Signal<DeviceFacts | undefined> = signal(undefined);
  const opened = signal(0);
  const waiting: (() => void)[] = [];
  const warn = proxy((sentence: string) => notify({ kind: "warning", text: sentence }));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    notify({ kind: "error", text: `The worker of this room failed: ${event.message || "it could not be loaded"}.` });
  });

  const open = async (chosen: DeviceChoice): Promise<void> => {
    facts.value = undefined;
    tellDevice(room, { state: "opening" });
    try {
      const found = await remote.open(chosen, warn);
      if (chosen !== choice.peek()) return;
      facts.value = found;
      opened.value++;
      tellDevice(room, { state: "open", facts: found });
      for (const resolve of waiting.splice(0)) resolve();
    } catch (error) {
      if (chosen !== choice.peek()) return;
      tellDevice(room, { state: "failed" });
      const action = { label: "Choose for me", run: () => choose({ prefer: "auto" }) };
      const remedy = chosen.prefer === "auto" && chosen.threads === undefined ? undefined : action;
      notify({ kind: "error", key: "device", text: (error as Error).message, action: remedy });
    }
  };
  effect(() => {
    const chosen = choice.value;
    void open(chosen);
  });

  return {
    service: remote.service,
    facts,
    opened,
    ready: () => (facts.peek() ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

interface RemoteServed<Service> {
  open(choice: DeviceChoice, onWarning: (sentence: string) => void): Promise<DeviceFacts>;
  readonly service: Remote<Service>;
}
