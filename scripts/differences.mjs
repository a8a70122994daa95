// What of one array of bytes is new in another: see `Patch` in src/device/wasmBytes.ts, which puts it together again.

/** Runs that are shorter are not worth naming. */
const shortest = 6;
/** The largest number of 16 bits with a sign. */
const largest = 0x7fff;

/**
 * `target` as runs of `source`, each as how far it begins from the end of the one before, its length, and how many new bytes follow; and
 * behind them the new bytes.
 */
export function differences(source, target) {
  const places = new Map();
  for (let i = 0; i + shortest <= source.length; i++) {
    const key = source.toString("latin1", i, i + shortest);
    places.set(key, [...(places.get(key) ?? []), i]);
  }
  const runs = [];
  const fresh = [];
  let after = 0;
  let run = { from: 0, length: 0, fresh: 0 };
  for (let i = 0; i < target.length;) {
    // Among runs that are equally long, the one that goes on where the last ended is taken.
    const found = places.get(target.toString("latin1", i, i + shortest)) ?? [];
    const starts = [after + run.fresh, after, ...found.filter((from) => Math.abs(from - after) <= largest)];
    const best = starts.reduce((most, from) =>
      common(source, from, target, i) > common(source, most, target, i) ? from : most,
    );
    const length = common(source, best, target, i);
    if (length < shortest) {
      fresh.push(target[i++]);
      run.fresh++;
      if (run.fresh < largest) continue;
      runs.push(run.from, run.length, run.fresh);
      run = { from: 0, length: 0, fresh: 0 };
      continue;
    }
    runs.push(run.from, run.length, run.fresh);
    run = { from: best - after, length, fresh: 0 };
    after = best + length;
    i += length;
  }
  runs.push(run.from, run.length, run.fresh);
  return Buffer.from([...new Uint8Array(Int16Array.of(runs.length, ...runs).buffer), ...fresh]);
}

/** How many bytes are the same from two places on. */
function common(source, from, target, to) {
  let length = 0;
  while (
    length < largest &&
    from + length < source.length &&
    to + length < target.length &&
    source[from + length] === target[to + length]
  )
    length++;
  return length;
}
