import type { JSX } from "preact";
import { Bar } from "./Bar.tsx";
import { mebibytes, significant } from "./format.ts";
import { figures } from "./state.ts";

/** What stands there before anything is measured, so that nothing moves. */
const unmeasured = [undefined, undefined, undefined, undefined] as const;

/** What the machine reaches at best. */
export function Ceilings(): JSX.Element {
  const ceilings = figures.value?.ceilings;
  const copies = ceilings?.copies ?? unmeasured;
  const most = Math.max(1e-9, ...copies.map((copy) => copy?.gigabytesPerSecond ?? 0));
  return (
    <section class="measure-card" aria-labelledby="measure-ceilings">
      <h2 id="measure-ceilings">Ceilings</h2>
      <p class="hint">
        The fastest copies, from what stays in a cache to what is far beyond any, and the fastest multiply-adds.
      </p>
      <dl class="measure-ceilings">
        {copies.map((copy, index) => (
          <div key={index}>
            <dt>{copy ? `Copy of ${mebibytes(copy.bytes)}` : "Copy"}</dt>
            <dd>
              <Bar part={copy ? copy.gigabytesPerSecond / most : 0} />
              <span>{copy ? `${significant(copy.gigabytesPerSecond)} GB/s` : "–"}</span>
            </dd>
          </div>
        ))}
        <div>
          <dt>Multiply-adds</dt>
          <dd>
            <Bar part={ceilings ? 1 : 0} tone="soft" />
            <span>{ceilings ? `${significant(ceilings.gigaflopsPerSecond)} GFLOP/s` : "–"}</span>
          </dd>
        </div>
      </dl>
    </section>
  );
}
