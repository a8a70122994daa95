type Outcome<Value> = { readonly value: Value } | { readonly reason: unknown };

/**
 * A promise that calls back at once, if it can: what is awaited runs on in the same task where nothing has to be waited for. The
 * build puts it in the place of promises in `build/synchronous.js`, in which the CRF on WebAssembly is synchronous for that
 * reason. Of what is really waited for, such as a module that is compiled, it is a promise like others.
 */
export class Now<Value> implements PromiseLike<Value> {
  #outcome: Outcome<Value> | undefined;
  #waiting: (() => void)[] = [];

  constructor(work: (resolve: (value: Value | PromiseLike<Value>) => void, reject: (reason: unknown) => void) => void) {
    const reject = (reason: unknown): void => this.#settle({ reason });
    attempt(() => work((value) => this.#follow(value), reject), reject);
  }

  /** The value, if it is there. @throws what it was rejected with; undefined while it is waited for */
  get value(): Value | undefined {
    const outcome = this.#outcome;
    if (outcome && "reason" in outcome) throw outcome.reason;
    return outcome?.value;
  }

  then<Result = Value, Other = never>(
    whenDone?: ((value: Value) => Result | PromiseLike<Result>) | null,
    whenFailed?: ((reason: unknown) => Other | PromiseLike<Other>) | null,
  ): Now<Result | Other> {
    return new Now((resolve, reject) => {
      const go = (): void => {
        const outcome = this.#outcome!;
        attempt(() => {
          if ("value" in outcome) resolve(whenDone ? whenDone(outcome.value) : (outcome.value as never));
          else if (whenFailed) resolve(whenFailed(outcome.reason));
          else reject(outcome.reason);
        }, reject);
      };
      if (this.#outcome) go();
      else this.#waiting.push(go);
    });
  }

  catch<Other>(whenFailed: (reason: unknown) => Other | PromiseLike<Other>): Now<Value | Other> {
    return this.then(undefined, whenFailed);
  }

  static resolve<Value>(value: Value | PromiseLike<Value>): Now<Value> {
    return value instanceof Now ? (value as Now<Value>) : new Now((resolve) => resolve(value));
  }

  static reject(reason: unknown): Now<never> {
    return new Now((_, reject) => reject(reason));
  }

  static all<Value>(values: readonly (Value | PromiseLike<Value>)[]): Now<Value[]> {
    const add = (all: Value[], value: Value | PromiseLike<Value>): Now<Value[]> =>
      Now.resolve(value).then((one) => [...all, one]);
    return values.reduce((all: Now<Value[]>, value) => all.then((list) => add(list, value)), Now.resolve<Value[]>([]));
  }

  static allSettled<Value>(values: readonly (Value | PromiseLike<Value>)[]): Now<PromiseSettledResult<Value>[]> {
    const settle = (value: Value | PromiseLike<Value>): Now<PromiseSettledResult<Value>> =>
      Now.resolve(value).then(
        (one) => ({ status: "fulfilled", value: one }),
        (reason: unknown) => ({ status: "rejected", reason }),
      );
    return Now.all(values.map(settle));
  }

  #follow(value: Value | PromiseLike<Value>): void {
    const reject = (reason: unknown): void => this.#settle({ reason });
    if (typeof (value as Partial<PromiseLike<Value>> | null)?.then !== "function")
      this.#settle({ value: value as Value });
    else attempt(() => (value as PromiseLike<Value>).then((one) => this.#settle({ value: one }), reject), reject);
  }

  #settle(outcome: Outcome<Value>): void {
    this.#outcome ??= outcome;
    for (const go of this.#waiting.splice(0)) go();
  }
}

function attempt(work: () => unknown, reject: (reason: unknown) => void): void {
  try {
    work();
  } catch (error) {
    reject(error);
  }
}
