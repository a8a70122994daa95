import type { JSX } from "preact";
import { Figures } from "../../ui/Figures.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { facts } from "./engine.ts";
import { result } from "./state.ts";

/** Numbers of at most three digits. */
const short = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const mebibytes = (bytes: number): string => short(bytes / 2 ** 20);

/** What the result cost. */
export function NumbersPanel(): JSX.Element {
  const numbers = result.value?.numbers;
  const times = numbers?.milliseconds;
  const built = (value: number | undefined): string | undefined =>
    times && (value === undefined ? "kept" : short(value));
  const unit = (value: number | undefined): string | undefined => (value === undefined ? undefined : "ms");
  const device = facts.value;
  return (
    <Panel title="Numbers" aside={times && `${short(times.whole)} ms`}>
      <Figures
        items={[
          { label: "From change to result", value: times && short(times.whole), unit: "ms" },
          { label: "Iterations", value: times && short(times.iterations), unit: "ms" },
          { label: "Spatial lattice", value: built(times?.spatial), unit: unit(times?.spatial) },
          { label: "Bilateral lattice", value: built(times?.bilateral), unit: unit(times?.bilateral) },
          { label: "Scores", value: times && short(times.scores), unit: "ms" },
          { label: "Reading back", value: times && short(times.reading), unit: "ms" },
          { label: "Spatial vertices", value: numbers?.vertices.spatial.toLocaleString("en") },
          { label: "Bilateral vertices", value: numbers?.vertices.bilateral.toLocaleString("en") },
          { label: "Memory now", value: numbers && mebibytes(numbers.bytes), unit: "MiB" },
          { label: "Memory at most", value: numbers && mebibytes(numbers.peakBytes), unit: "MiB" },
        ]}
      />
      <Parts />
      <p class="hint">
        {device
          ? `Computed on ${device.kind === "webgpu" ? device.name : `WebAssembly with ${device.threads === 1 ? "one thread" : `${device.threads} threads`}`}. `
          : "The device is being opened. "}
        Lattices are kept while only the drawing, weights, iterations or the matrix change.
      </p>
    </Panel>
  );
}

/** How the time of the iterations is shared by the kernels. */
function Parts(): JSX.Element | null {
  const kernels = result.value?.numbers.kernels ?? [];
  const whole = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  if (whole === 0) return <p class="hint refine-parts-none">The device tells no times of single kernels.</p>;
  return (
    <div
      class="refine-parts"
      role="img"
      aria-label={kernels.map(({ name, milliseconds }) => `${name} ${short(milliseconds)} milliseconds`).join(", ")}
    >
      <div class="refine-parts-bar">
        {kernels.map(({ name, milliseconds }) => (
          <span key={name} data-part={name} style={{ flexGrow: milliseconds / whole }} />
        ))}
      </div>
      <ul>
        {kernels.map(({ name, milliseconds }) => (
          <li key={name} data-part={name}>
            {name} <span>{short(milliseconds)} ms</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
