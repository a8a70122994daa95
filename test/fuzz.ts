import { FormatError } from "../src/errors.ts";
import { random, type Random } from "./suite.ts";

/** A reader to feed with mutations of a valid file. */
export interface FuzzTarget {
  readonly name: string;
  readonly original: Uint8Array;
  /** Reads everything there is to read, and throws a plain Error where a result is not sound. */
  read(bytes: Uint8Array): Promise<void>;
  /** How long the file is that is made of the mutated bytes; by default they are the file. */
  sizeOf?(bytes: Uint8Array): number;
  /** Whether a FormatError says where in the file it arose; by default, whether it has an offset. */
  hasPlace?(error: FormatError): boolean;
}

/** What became of the mutations of one file. */
export interface Outcome {
  /** Ended in a FormatError with file and offset. */
  refused: number;
  /** Read to the end: the mutation hit a number, a name or nothing that counts. */
  read: number;
  /** Processor time of the slowest one: other work on the machine does not count. */
  milliseconds: number;
}

/** No mutation may take longer; the slowest takes a fiftieth of it on two cores. */
const mostMilliseconds = 5000;

/**
 * Reads `count` mutations of a file.
 * @throws Error that names seed and number of the first that ends in anything but a FormatError or a sound result
 */
export async function fuzzReader(target: FuzzTarget, count: number, seed: number): Promise<Outcome> {
  const outcome: Outcome = { refused: 0, read: 0, milliseconds: 0 };
  for (let i = 0; i < count; i++) {
    const bytes = mutate(target.original, random(seed * 1_000_003 + i));
    const began = process.cpuUsage();
    const failure = await readOne(target, bytes, outcome).catch((error: unknown) => error);
    const { user, system } = process.cpuUsage(began);
    const took = (user + system) / 1000;
    outcome.milliseconds = Math.max(outcome.milliseconds, took);
    if (failure === undefined && took < mostMilliseconds) continue;
    throw new Error(`${target.name}, seed ${seed}, mutation ${i}, after ${took.toFixed(0)} ms: ${failure}`, {
      cause: failure,
    });
  }
  return outcome;
}

async function readOne(target: FuzzTarget, bytes: Uint8Array, outcome: Outcome): Promise<void> {
  try {
    await target.read(bytes);
    outcome.read++;
  } catch (error) {
    const { hasPlace = ({ offset }) => offset !== undefined } = target;
    if (!(error instanceof FormatError) || error.file === "" || !hasPlace(error)) throw error;
    checkRefusal(error, target.sizeOf?.(bytes) ?? bytes.length);
    outcome.refused++;
  }
}

/** @throws Error if a refusal names a byte that the file does not have, or says what no terminal should get */
export function checkRefusal({ offset = 0, message }: FormatError, size: number): void {
  if (!(offset >= 0 && offset <= size)) throw new Error(`byte ${offset} of ${size}: ${message}`);
  if (message.length > 1000) throw new Error(`a message of ${message.length} characters: ${message.slice(0, 1000)}`);
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(message))
    throw new Error(`control characters in ${JSON.stringify(message)}`);
}
/** One to four random changes: of bits, bytes, counts, runs and the end. */
export function mutate(original: Uint8Array, dice: Random): Uint8Array {
  // Not slice(): that of a Buffer shares its memory.
  let bytes: Uint8Array = Uint8Array.from(original);
  for (let changes = 1 + dice.integer(4); changes > 0 && bytes.length > 0; changes--) bytes = changeOnce(bytes, dice);
  return bytes;
}

const extremes = [0n, 1n, 0x7fn, 0xffn, 0xffffn, 0x7fffffffn, 0xffffffffn, 0x1fffffffffffffn, 0xffffffffffffffffn];

function changeOnce(bytes: Uint8Array, dice: Random): Uint8Array {
  const at = place(bytes.length, dice);
  const run = 1 + dice.integer(Math.min(64, bytes.length - at));
  switch (dice.integer(8)) {
    case 0:
      bytes[at]! ^= 1 << dice.integer(8);
      return bytes;
    case 1:
      bytes[at] = dice.integer(256);
      return bytes;
    case 2: {
      const extreme = extremes[dice.integer(extremes.length)]!;
      const width = 1 << dice.integer(4);
      for (let i = 0; i < width && at + i < bytes.length; i++)
        bytes[at + i] = Number((extreme >> BigInt(8 * i)) & 255n);
      return bytes;
    }
    case 3:
      return bytes.slice(0, at);
    case 4:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + run)]);
    case 5:
      return Uint8Array.from([...bytes.subarray(0, at + run), ...bytes.subarray(at)]);
    case 6:
      bytes.copyWithin(at, place(bytes.length, dice), place(bytes.length, dice));
      return bytes;
    default:
      for (let i = 0; i < run; i++) bytes[at + i] = dice.integer(256);
      return bytes;
  }
}

/** Half of the places lie in the first or last two kilobytes, where most structure is. */
function place(length: number, dice: Random): number {
  const edge = Math.min(length, 2048);
  const from = [0, length - edge][dice.integer(2)]!;
  return dice.integer(2) ? dice.integer(length) : from + dice.integer(edge);
}
