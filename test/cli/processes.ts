import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process, by its number and when it began: numbers repeat. */
export interface Process {
  readonly id: number;
  readonly parent: number;
  readonly started: string;
  readonly words: string;
}

/** All processes that Linux shows, zombies left out: they have ended. */
function processes(): Process[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      return state === "Z" ? [] : [{ id: Number(name), parent: Number(parent), started: rest[17]!, words }];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

/** A process, those that it began, those that they did, and so on, and all that have `mark` in their environment. */
export function familyOf(id: number, mark: string): Process[] {
  const all = processes();
  const family = all.filter((each) => each.id === id || isMarked(each, mark));
  for (const member of family) {
    family.push(...all.filter((each) => each.parent === member.id && !family.includes(each)));
  }
  return family;
}

function isMarked({ id }: Process, mark: string): boolean {
  return orNone(() => [readFileSync(`/proc/${id}/environ`, "latin1")]).some((words) => words.includes(mark));
}

/** Returns those of the processes that still run. */
export function survivors(family: readonly Process[]): Process[] {
  const all = processes();
  return family.filter(({ id, started }) => all.some((each) => each.id === id && each.started === started));
}

/** Where one of the processes listens for TCP connections; Linux writes addresses in hexadecimal, in the machine's order. */
export interface Listener {
  readonly id: number;
  readonly address: string;
  readonly port: number;
}

export function listening(family: readonly Process[]): Listener[] {
  const places = new Map<string, Omit<Listener, "id">>();
  for (const table of ["tcp", "tcp6"]) {
    for (const line of readFileSync(`/proc/net/${table}`, "utf8").trim().split("\n").slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/) as [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      const [address, port] = local.split(":") as [string, string];
      if (state === "0A") places.set(`socket:[${inode}]`, { address, port: Number.parseInt(port, 16) });
    }
  }
  return family.flatMap(({ id }) => {
    const links = orNone(() => readdirSync(`/proc/${id}/fd`)).map((fd) =>
      orNone(() => [readlinkSync(`/proc/${id}/fd/${fd}`)]).join(""),
    );
    return links.flatMap((link) => (places.has(link) ? [{ id, ...places.get(link)! }] : []));
  });
}

function orNone<Value>(read: () => Value[]): Value[] {
  try {
    return read();
  } catch {
    return []; // it ended meanwhile
  }
}

/**
 * Asks now and then until the answer is there, and not all the time, since looking at all processes keeps a processor busy. The limit is
 * generous, since machines differ in speed.
 */
export async function until<Value>(ask: () => Value | undefined | false, milliseconds = 300_000): Promise<Value> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const answer = ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`no answer after ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
