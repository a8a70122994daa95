import type { Device } from "./device/device.ts";
import { DeviceError, ShapeError, ValueError } from "./errors.ts";
import { disposedError, type Held } from "./held.ts";
import { Tensor } from "./tensor.ts";
import { kindOf, remedyFor } from "./values.ts";

/**
 * Checks what every op requires of its inputs before it computes or queues anything: they are tensors, none was
 * disposed of, and all are on one device (on `device`, if given). Returns that device. An input that was left out is
 * missing from `tensors` or undefined under a name that ends in "?".
 * @throws ValueError, DisposedError, DeviceError
 */
export function requireInputs(where: string, tensors: Readonly<Record<string, unknown>>, device?: Device): Device {
  const inputs: Record<string, Tensor> = {};
  for (const [key, value] of Object.entries(tensors)) {
    const optional = key.endsWith("?");
    if (optional && value === undefined) continue;
    const name = optional ? key.slice(0, -1) : key;
    requireHeld(where, name, value, Tensor, "a tensor", "make it with device.tensor()");
    inputs[name] = value;
    const { layout } = value;
    if (!layout.readers || layout.readers.includes(where)) continue;
    const got = `layout ${layout.name}, read by ${layout.readers.join(" and ")} only`;
    const remedy = "keep it in layout panels to train, and read() its values for other ops";
    throw new ShapeError({ where, expected: `${name} in another layout`, got, remedy });
  }
  return requireOneDevice(where, inputs, device);
}

/**
 * Runs an op: checks its inputs with `requireInputs` and then calls `work`. If `work` throws, the tensors that it had
 * made are disposed of.
 */
export function op(where: string, tensors: Readonly<Record<string, unknown>>, work: () => Tensor): Tensor {
  return requireInputs(where, tensors).attempt(work);
}

/** @throws ValueError unless `value` is of a class, such as Labels; DisposedError if it was disposed of */
export function requireHeld<Kind extends Held>(
  where: string,
  name: string,
  value: unknown,
  kind: abstract new (...args: never[]) => Kind,
  expected: string,
  remedy: string,
): asserts value is Kind {
  if (!(value instanceof kind)) {
    const expectedName = `${expected} as ${name}`;
    throw new ValueError({ where, expected: expectedName, got: kindOf(value), remedy: remedyFor(value, remedy) });
  }
  if (value.disposed) throw disposedError(where, `${name}, ${value.describe()}`);
}

/** @throws DeviceError unless all are on one device, which it returns; ValueError where there are none */
export function requireOneDevice(where: string, inputs: Readonly<Record<string, Held>>, device?: Device): Device {
  const all = Object.values(inputs);
  const common = device ?? all[0]?.device;
  if (!common) {
    throw new ValueError({ where, expected: "a tensor or more", got: "none", remedy: "pass what it computes with" });
  }
  if (all.every((input) => input.device === common)) return common;
  throw new DeviceError({
    where,
    expected: `${Object.keys(inputs).join(" and ")} on ${device ? "the device of the layer" : "one device"}`,
    got: device && all.length === 1 ? "another device" : "tensors of another device",
    remedy: "make all of them with the same device; read() and tensor() carry values from one to another",
  });
}

/** @throws ValueError unless `device` is what `open` resolves to */
export function requireDevice(where: string, device: unknown): asserts device is Device {
  if (typeof (device as Device | null | undefined)?.run === "function") return;
  throw new ValueError({
    where,
    expected: "a device",
    got: kindOf(device),
    remedy: remedyFor(device, "pass what await open() gives"),
  });
}
