import { InternalError } from "../errors.ts";

/** Allocates from a linear memory by first fit and joins neighboring free ranges. Addresses are multiples of 64. */
export class Heap {
  /** Free ranges, by address. */
  #free: { start: number; end: number }[];
  #end: number;

  constructor(start: number, end: number) {
    this.#end = end;
    this.#free = [{ start: align(start), end }];
  }

  /** Returns an address, or undefined when no free range is large enough; call `grow` then and try again. */
  allocate(bytes: number): number | undefined {
    const size = align(Math.max(bytes, 64));
    const index = this.#free.findIndex(({ start, end }) => end - start >= size);
    const range = this.#free[index];
    if (!range) return undefined;
    const address = range.start;
    range.start += size;
    if (range.start === range.end) this.#free.splice(index, 1);
    return address;
  }

  /** @throws InternalError if some of the range is free already: it would be handed out twice. */
  release(address: number, bytes: number): void {
    this.#insert(address, address + align(Math.max(bytes, 64)));
  }

  /** Returns by how many bytes the memory must grow so that `bytes` fit. */
  shortfall(bytes: number): number {
    const last = this.#free.at(-1);
    const tail = last && last.end === this.#end ? last.end - last.start : 0;
    return align(Math.max(bytes, 64)) - tail;
  }

  grow(end: number): void {
    const start = this.#end;
    this.#end = end;
    this.#insert(start, end);
  }

  #insert(start: number, end: number): void {
    let index = this.#free.findIndex((range) => range.start > start);
    if (index < 0) index = this.#free.length;
    const before = this.#free[index - 1];
    const after = this.#free[index];
    if ((before && before.end > start) || (after && after.start < end)) {
      throw new InternalError({
        where: "heap",
        expected: "a range in use to be released",
        got: `${start} to ${end}, of which some is free`,
        remedy: "report this",
      });
    }
    const joinsBefore = before?.end === start;
    const joinsAfter = after?.start === end;
    const joined = { start: joinsBefore ? before.start : start, end: joinsAfter ? after.end : end };
    this.#free.splice(index - Number(joinsBefore), Number(joinsBefore) + Number(joinsAfter), joined);
  }
}

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
