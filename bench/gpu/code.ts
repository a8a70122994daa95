/** One instruction of a program in machine code, as a disassembler prints it. */
interface Instruction {
  readonly name: string;
  readonly kind: Kind;
  /** How many multiply-adds of one lane it does. */
  readonly multiplyAdds: number;
}

/** What an instruction is for. */
export type Kind = (typeof kinds)[number];
export const kinds = ["multiply-add", "vector", "scalar", "memory", "workgroup memory", "wait", "branch"] as const;

/** The first pattern that matches an instruction's name tells its kind. */
const patterns: readonly (readonly [Kind, RegExp])[] = [
  ["multiply-add", /^v_(pk_|dual_)?(fma|fmac|mac|mad)_?(f32|f16|ak|mk|legacy)/],
  ["workgroup memory", /^ds_/],
  ["memory", /^(buffer|global|flat|scratch|image|s_load|s_buffer)_/],
  ["memory", /^s_(load|buffer|store)/],
  ["branch", /^s_(c?branch|setpc|endpgm|barrier)/],
  ["wait", /^s_(wait|delay|nop|clause|sleep)/],
  ["scalar", /^s_/],
  ["vector", /^v_/],
];

/** How many instructions of each kind some code has; the multiply-adds that they do. */
export interface Mix {
  readonly instructions: number;
  readonly multiplyAdds: number;
  readonly kinds: Readonly<Partial<Record<Kind, number>>>;
}

/** A loop of a program: its own instructions are those that are in no loop within it. */
interface Loop {
  readonly begin: number;
  readonly end: number;
}

/** What the loops of a program that hold its multiply-adds are made of. */
export interface Loops {
  /** The innermost loop that holds most multiply-adds, without loops in it. */
  readonly innermost: Mix;
  /** That loop as often as one chunk of the reduction takes, and what stands in the loops around it, once. */
  readonly chunk: Mix;
}

/**
 * Reads AMD's assembly: labels `BB3:` at the beginning of a line, and an instruction a line; or, for generations that the
 * disassembler does not know, what Mesa's compiler prints of its last form: labels without a colon, results before an
 * equals sign, and pseudo-instructions `p_…` that become no code. `chunkMultiplyAdds` says how many multiply-adds an
 * invocation does in one chunk, where loops within a chunk are not unrolled; by default the innermost loop is a chunk.
 * Undefined for programs that multiply and add in no loop.
 */
export function loopsOf(assembly: string, chunkMultiplyAdds?: number): Loops | undefined {
  const { instructions, loops } = parse(assembly);
  const own = loops.map((loop) => mix(instructions, loop, within(loop, loops)));
  const at = own.reduce((best, { multiplyAdds }, i) => (multiplyAdds > (own[best]?.multiplyAdds ?? 0) ? i : best), -1);
  const innermost = own[at];
  const inner = loops[at];
  if (!innermost || !inner) return undefined;
  const times = Math.max(1, Math.round((chunkMultiplyAdds ?? 0) / innermost.multiplyAdds));
  const around = own.filter((_, i) => i !== at && contains(loops[i]!, inner));
  return { innermost, chunk: around.reduce(plus, multiple(innermost, times)) };
}

const contains = (outer: Loop, inner: Loop): boolean => outer.begin <= inner.begin && outer.end >= inner.end;

/** Loops that lie in `loop`; of several branches back to one label, the longest is the loop. */
const within = (loop: Loop, loops: readonly Loop[]): Loop[] =>
  loops.filter((other) => other !== loop && contains(loop, other));

function parse(assembly: string): { readonly instructions: Instruction[]; readonly loops: Loop[] } {
  const instructions: Instruction[] = [];
  const labels = new Map<string, number>();
  const loops = new Map<number, Loop>();
  for (const line of assembly.split("\n")) {
    const label = /^(BB\d+):?$/.exec(line)?.[1];
    if (label !== undefined) labels.set(label, instructions.length);
    const [, name, operands = ""] = /^\s+(?:.* = )?([a-z]\w+)([^;]*)/.exec(line) ?? [];
    if (name === undefined || name.startsWith("p_")) continue;
    const target = /^s_c?branch/.test(name) ? labels.get(/BB\d+/.exec(operands)?.[0] ?? "") : undefined;
    // A branch back to a label that has been seen closes a loop.
    if (target !== undefined) loops.set(target, { begin: target, end: instructions.length });
    instructions.push(instruction(name, operands));
  }
  return { instructions, loops: [...loops.values()] };
}

/** A packed one does two, as does one line of two that issue together, which `::` joins. */
function instruction(name: string, operands: string): Instruction {
  const halves = [name, ...[...operands.matchAll(/::\s*(\w+)/g)].map(([, second]) => second!)];
  const multiplyAdds = halves
    .filter((half) => kindOf(half) === "multiply-add")
    .reduce((sum, half) => sum + (half.startsWith("v_pk_") ? 2 : 1), 0);
  return { name, kind: multiplyAdds > 0 ? "multiply-add" : kindOf(name), multiplyAdds };
}

const kindOf = (name: string): Kind => patterns.find(([, pattern]) => pattern.test(name))?.[0] ?? "vector";

function mix(instructions: readonly Instruction[], { begin, end }: Loop, without: readonly Loop[]): Mix {
  const own = instructions
    .slice(begin, end + 1)
    .filter((_, i) => !without.some((loop) => begin + i >= loop.begin && begin + i <= loop.end));
  const counts: Partial<Record<Kind, number>> = {};
  for (const { kind } of own) counts[kind] = (counts[kind] ?? 0) + 1;
  return {
    instructions: own.length,
    multiplyAdds: own.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
    kinds: counts,
  };
}

const multiple = (mix: Mix, times: number): Mix => ({
  instructions: mix.instructions * times,
  multiplyAdds: mix.multiplyAdds * times,
  kinds: Object.fromEntries(Object.entries(mix.kinds).map(([kind, count]) => [kind, count * times])),
});

const plus = (a: Mix, b: Mix): Mix => ({
  instructions: a.instructions + b.instructions,
  multiplyAdds: a.multiplyAdds + b.multiplyAdds,
  kinds: Object.fromEntries(kinds.map((kind) => [kind, (a.kinds[kind] ?? 0) + (b.kinds[kind] ?? 0)])),
});

/** Multiply-adds for each instruction: 1 where there is nothing else. */
export const shareOf = ({ multiplyAdds, instructions }: Mix): number => multiplyAdds / instructions;
