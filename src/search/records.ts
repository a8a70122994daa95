import { keyOf, type Continuous, type SearchParameters } from "./parameters.ts";
import type { Tally } from "./tally.ts";

/** Where a trial's parameters come from. */
export type Origin = "published" | "sequence" | "gradient";

/** How one trial labeled some pictures; without parameters, how their logits alone did. */
export interface TrialRecord {
  readonly event: "trial";
  readonly parameters?: SearchParameters;
  readonly from?: Origin;
  /** By the ids of the pictures. */
  readonly tallies: Readonly<Record<string, Tally>>;
}

/** The gradient of the loss at some parameters, and what it was checked against. */
export interface SlopeRecord extends Slopes {
  readonly event: "slopes";
  readonly parameters: SearchParameters;
  /** The ids of the pictures. */
  readonly pictures: readonly string[];
}

export interface Slopes {
  /** Cross-entropy a pixel. */
  readonly loss: number;
  /** Its derivative by the logarithm of each parameter, the mean over shifted lattices. */
  readonly gradient: Readonly<Record<Continuous, number>>;
  /** The slopes between 5 % less and 5 % more of those whose gradients hold only while a lattice's vertices stay. */
  readonly slopes: Readonly<Partial<Record<Continuous, number>>>;
}

/** One line of a search's file. */
export type SearchRecord = TrialRecord | SlopeRecord;

/**
 * What a search knows, so that nothing is computed twice: by folds that share pictures, by a search that goes on, or by one that puts
 * together what parts of it found.
 */
export class Records {
  readonly #tallies = new Map<string, Map<string, Tally>>();
  readonly #trials = new Map<string, { readonly parameters: SearchParameters; readonly from: Origin }>();
  readonly #slopes = new Map<string, SlopeRecord>();
  readonly #write: (record: SearchRecord) => void;

  /** `known`: what was found before; `write` is called with everything new. */
  constructor(known: readonly SearchRecord[] = [], write: (record: SearchRecord) => void = () => {}) {
    this.#write = write;
    for (const record of known) this.#keep(record);
  }

  #keep(record: SearchRecord): void {
    if (record.event === "slopes") return void this.#slopes.set(slopeKey(record.parameters, record.pictures), record);
    const { parameters, from = "sequence", tallies } = record;
    const key = parameters ? keyOf(parameters) : networkKey;
    if (parameters && !this.#trials.has(key)) this.#trials.set(key, { parameters, from });
    const own = this.#tallies.get(key) ?? new Map<string, Tally>();
    for (const [id, tally] of Object.entries(tallies)) own.set(id, tally);
    this.#tallies.set(key, own);
  }

  /** The tallies of these pictures, of which those that are not known are computed and written as one record. */
  async tallies(
    parameters: SearchParameters | undefined,
    from: Origin,
    ids: readonly string[],
    compute: (id: string) => Promise<Tally>,
  ): Promise<Tally[]> {
    const key = parameters ? keyOf(parameters) : networkKey;
    const known = this.#tallies.get(key);
    const added: Record<string, Tally> = {};
    for (const id of ids) if (!known?.has(id)) added[id] = await compute(id);
    if (Object.keys(added).length > 0) {
      const record: TrialRecord = { event: "trial", ...(parameters && { parameters, from }), tallies: added };
      this.#keep(record);
      this.#write(record);
    }
    const all = this.#tallies.get(key)!;
    return ids.map((id) => all.get(id)!);
  }

  async slopes(parameters: SearchParameters, pictures: readonly string[], compute: () => Promise<Slopes>) {
    const key = slopeKey(parameters, pictures);
    const known = this.#slopes.get(key);
    if (known) return known;
    const record: SlopeRecord = { event: "slopes", parameters, pictures, ...(await compute()) };
    this.#keep(record);
    this.#write(record);
    return record;
  }

  /** All trials with what is known of them, in the order in which they were begun. */
  trials(): readonly {
    readonly parameters: SearchParameters;
    readonly from: Origin;
    readonly tallies: readonly Tally[];
  }[] {
    return [...this.#trials].map(([key, trial]) => ({ ...trial, tallies: [...this.#tallies.get(key)!.values()] }));
  }

  allSlopes(): readonly SlopeRecord[] {
    return [...this.#slopes.values()];
  }
}

const networkKey = "the logits alone";

const slopeKey = (parameters: SearchParameters, pictures: readonly string[]): string =>
  [keyOf(parameters), ...pictures].join("\n");
