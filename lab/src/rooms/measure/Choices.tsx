import type { JSX } from "preact";
import { Bar } from "./Bar.tsx";
import { times } from "./format.ts";
import { figures } from "./state.ts";

/** In which form the kernels run that have several: the package measures that on each adapter. */
export function Choices(): JSX.Element | null {
  const choices = figures.value?.choices ?? [];
  if (choices.length === 0) return null;
  return (
    <section class="measure-card measure-wide" aria-labelledby="measure-choices">
      <h2 id="measure-choices">Forms</h2>
      <p class="hint">
        Some kernels have several forms, whose bits are the same. A rule for the GPU’s vendor takes one, unless another
        was clearly faster here. A bar is the form’s time as a multiple of that of the one taken.
      </p>
      <div class="measure-forms">
        {choices.map(({ kernel, form, times: all, refused }) => (
          <div key={kernel}>
            <h3>{kernel}</h3>
            <dl class="measure-ceilings">
              {Object.entries(all).map(([name, time]) => (
                <div key={name}>
                  <dt>
                    {name}
                    {name === form && <strong> is taken</strong>}
                  </dt>
                  <dd>
                    <Bar part={1 / Math.max(time, 1)} tone={name === form ? "accent" : "soft"} />
                    <span>{times(time)}</span>
                  </dd>
                </div>
              ))}
              {refused.map((name) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>
                    <span>does not compile here, or gives other bits</span>
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        ))}
      </div>
    </section>
  );
}
