import { CrfRnnError, DeviceError } from "../errors.ts";
import { LocalMachine } from "./localMachine.ts";
import { outOfMemory, pageBytes } from "./machine.ts";
import { listen, parentOf } from "./port.ts";
import { type Answer, type Command, isMessage, type Message, type Told } from "./protocol.ts";

/**
 * Runs in a worker: does on machines of its own what devices elsewhere ask for. The build makes a string of it for the
 * workers that the library starts, and the entry `crf-rnn/worker` for those that people make themselves. Elsewhere it does
 * nothing.
 */
export function serve(): void {
  const port = parentOf();
  if (!port) return;
  const machines = new Map<number, LocalMachine>();
  listen(port, (message) => {
    if (isMessage(message)) void answer(message, machines).then((reply) => port.postMessage(reply, transferred(reply)));
  });
}

const transferred = ({ value }: Answer): ArrayBuffer[] => (value instanceof ArrayBuffer ? [value] : []);

async function answer({ crfRnn, commands, request }: Message, machines: Map<number, LocalMachine>): Promise<Answer> {
  const times: Answer["times"] = [];
  const done = { crfRnn, times };
  try {
    if (request?.[0] === "open") {
      const machine = await LocalMachine.open(request[1], request[2]);
      machines.set(crfRnn, machine);
      const { heapBase, bytes, mostBytes } = machine;
      return { ...done, value: { heapBase, bytes, mostBytes } };
    }
    // A machine that was closed has nothing to tell any more.
    const machine = machines.get(crfRnn);
    if (!machine) return done;
    for (const command of commands) obey(machine, command, times);
    if (request?.[0] === "start") await machine.start(request[1]);
    if (request?.[0] === "finish") machine.finish();
    if (request?.[0] === "read") return { ...done, value: machine.read(request[1], request[2]) };
    if (request?.[0] === "close") {
      machine.close();
      machines.delete(crfRnn);
    }
    return done;
  } catch (error) {
    return { ...done, error: tell(error) };
  }
}

/** What fails is told by the next `read` or `finish`, and no kernel runs until then. */
function obey(machine: LocalMachine, command: Command, times: Answer["times"]): void {
  try {
    if (command[0] === "run") {
      const [, call, timing] = command;
      const add = (begin: number, end: number): unknown => times.push([timing!, since(begin), since(end)]);
      machine.run(call, timing === undefined ? undefined : add);
    } else if (command[0] === "write") machine.write(command[1], command[2]);
    else if (command[0] === "copy") machine.copy(command[1], command[2], command[3]);
    else if (command[0] === "clear") machine.clear(command[1], command[2]);
    else machine.grow(command[1]);
  } catch (cause) {
    const expected = "a command that fits into memory";
    const other = new DeviceError({ where: "wasm", expected, got: String(cause) }, { cause });
    machine.fail(command[0] === "grow" ? outOfMemory(command[1] * pageBytes, machine.bytes) : other);
  }
}

/** A time of this thread's clock in milliseconds since 1970, since threads count from when they began. */
const since = (time: number): number => performance.timeOrigin + time;

function tell(error: unknown): Told {
  if (!(error instanceof CrfRnnError))
    return { name: "DeviceError", where: "wasm", expected: "a worker that computes", got: String(error) };
  // What is no DeviceError has no kernel.
  const { name, where, expected, got, remedy, kernel } = error as DeviceError;
  return { name, where, expected, got, remedy, kernel };
}
