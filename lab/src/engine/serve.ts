import type { Device } from "crf-rnn";
import { expose } from "comlink";
import type { DeviceChoice, DeviceFacts } from "./choice.ts";
import { factsOf, openDevice } from "./openDevice.ts";

/** What a room's worker offers its page: a device to be opened, and then the room's own service on it. */
export interface Served<Service> {
  /** Opens the device that was chosen, in place of one that was open before, and makes the service on it. @throws DeviceError */
  open(choice: DeviceChoice, onWarning: (sentence: string) => void): Promise<DeviceFacts>;
  readonly service: Service;
}

/**
 * The whole of a room's worker: `serve((device) => new RefineService(device))`. A service is an object with methods, which
 * may be asynchronous; where it has `[Symbol.asyncDispose]` or `[Symbol.dispose]`, that is called, and awaited, before another device is opened.
 */
export function serve<Service extends object>(make: (device: Device) => Service | Promise<Service>): void {
  let device: Device | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const served = {
    service: undefined as Service | undefined,
    // One after the other: whoever changes the choice twice gets the second.
    open: (choice: DeviceChoice, onWarning: (sentence: string) => void): Promise<DeviceFacts> => {
      const opened = last.then(async () => {
        const former = served.service as Partial<Disposable & AsyncDisposable> | undefined;
        await (former?.[Symbol.asyncDispose]?.() ?? former?.[Symbol.dispose]?.());
        served.service = undefined;
        device?.dispose();
        device = undefined;
        device = await openDevice(choice, onWarning);
        served.service = await make(device);
        return factsOf(device);
      });
      last = opened.catch(() => {});
      return opened;
    },
  };
  expose(served);
}
