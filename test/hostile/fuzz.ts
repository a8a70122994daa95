import { FormatError } from "../../src/errors.ts";
import { checkRefusal, fuzzReader, type Outcome } from "../fuzz.ts";
import { random, type Random } from "../suite.ts";
import { joinAll, latin1, u32, zipOf } from "./bytes.ts";
import { hostileFiles, safetensors, tensor, text, type Kind } from "./files.ts";
import { readHostile } from "./read.ts";

/** Repetitions of whatever a file repeats: few enough that a mutation hits what holds them together, and many. */
const amounts = [1, 2, 9, 40, 700];
/** Larger files are read whole by the other tests. */
const mostBytes = 1 << 17;

/** Mutations of every hostile file, of several sizes each. */
export async function fuzzHostile(name: string, count: number, seed: number): Promise<Outcome> {
  const { kind, make } = hostileFiles.find((file) => file.name === name)!;
  const all: Outcome = { refused: 0, read: 0, milliseconds: 0 };
  for (const amount of amounts) {
    const original = make(amount);
    if (original.length > mostBytes && amount > 1) break;
    const read = (bytes: Uint8Array): Promise<void> => readHostile(kind, bytes, name);
    const outcome = await fuzzReader(
      { name: `${name} × ${amount}`, original, read, hasPlace: () => true },
      count,
      seed,
    );
    all.refused += outcome.refused;
    all.read += outcome.read;
    all.milliseconds = Math.max(all.milliseconds, outcome.milliseconds);
  }
  return all;
}

/** Files grown by chance out of what a format is made of: valid at every step, and of no sense as a whole. */
export const grown: Record<string, { readonly kind: Kind; readonly grow: (dice: Random) => Uint8Array }> = {
  pickle: { kind: "checkpoint", grow: growPickle },
  safetensors: {
    kind: "checkpoint",
    grow: (dice) => {
      const entry = ["dtype", "shape", "data_offsets"].map((key) => `"${key}":${growJson(dice, 90)}`);
      return safetensors(`{"__metadata__":{"a":${growJson(dice, 9)}},"w":{${entry.join(",")}}}`);
    },
  },
  manifest: {
    kind: "manifest",
    grow: (dice) => latin1(`{"classes":${growJson(dice, 90)},"items":${growJson(dice, 90)}}`),
  },
};

/** Reads `count` files grown by chance; a plain Error names the seed of one that ends in anything but a FormatError or a result. */
export async function readGrown(name: string, count: number, seed: number): Promise<{ refused: number; read: number }> {
  const { kind, grow } = grown[name]!;
  const outcome = { refused: 0, read: 0 };
  for (let i = 0; i < count; i++) {
    const bytes = grow(random(seed * 1_000_003 + i));
    const error = await readHostile(kind, bytes, name).catch((reason: unknown) => reason);
    if (error !== undefined && !(error instanceof FormatError)) {
      throw new Error(`${name}, seed ${seed}, file ${i}: ${error}`, { cause: error });
    }
    if (error) checkRefusal(error, bytes.length);
    outcome[error ? "refused" : "read"]++;
  }
  return outcome;
}

/**
 * A pickle of containers in containers: values are put away in memory and taken out again, so that they double, and end as values
 * or as keys beside a state.
 */
function growPickle(dice: Random): Uint8Array {
  const parts: (Uint8Array | readonly number[])[] = [latin1("}(")];
  let remembered = 0;
  const length = 1 + dice.integer(400);
  for (let i = 0; i < length; i++) {
    switch (dice.integer(8)) {
      case 0:
        parts.push(latin1("]]a"), [0x94]);
        break;
      case 1:
        parts.push(latin1("}NNs"), [0x94]);
        break;
      case 2:
        parts.push(latin1("))\x86"), [0x94]);
        break;
      case 3:
        parts.push(text(String.fromCharCode(dice.integer(128)).repeat(dice.integer(300))), [0x94]);
        break;
      case 4:
        parts.push([0x4a, ...u32(dice.integer(2 ** 30))], [0x94]);
        break;
      default: {
        // A list of two of the values before, or a dictionary with one of them for its key.
        const [a, b] = [dice.integer(remembered + 1), dice.integer(remembered + 1)];
        if (remembered === 0) parts.push(latin1("N"), [0x94]);
        else if (dice.integer(2))
          parts.push(latin1("](j"), u32(a % remembered), latin1("j"), u32(b % remembered), latin1("e\x94"));
        else parts.push(latin1("}j"), u32(a % remembered), latin1("j"), u32(b % remembered), latin1("s\x94"));
      }
    }
    // What is remembered stays on the stack, too: as key and value by turns.
    remembered++;
  }
  if (length % 2) parts.push(latin1("N"));
  parts.push(text("state_dict"), latin1("}"), text("w"), tensor(), latin1("su."));
  return zipOf([
    ["archive/data.pkl", joinAll([[0x80, 2], ...parts])],
    ["archive/data/0", new Uint8Array(4)],
  ]);
}

/** A value of up to `levels` levels. */
function growJson(dice: Random, levels: number): string {
  const inner = (): string => growJson(dice, levels - 1 - dice.integer(3));
  switch (levels <= 0 ? dice.integer(3) : dice.integer(9)) {
    case 0:
      return `${[0, -1, 0.5, 1e300, 2 ** 53][dice.integer(5)]}`;
    case 1:
      return `"${"x\\u001b".repeat(dice.integer(200))}"`;
    case 2:
      return ["null", "true", "[]", "{}", "[0]", '"F32"', "[0,4]"][dice.integer(7)]!;
    case 3:
      return `[${inner()},${growJson(dice, 1)}]`;
    case 4:
      return `{"${"k".repeat(dice.integer(200))}":${inner()}}`;
    default:
      return `[${inner()}]`;
  }
}
