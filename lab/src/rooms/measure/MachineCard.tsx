import type { ComponentChildren, JSX } from "preact";
import { hostOf } from "./host.ts";
import { facts, figures, machine } from "./state.ts";

/** What the device and the browser tell of themselves. */
export function MachineCard(): JSX.Element {
  const device = facts.value;
  const measured = figures.value;
  const adapter = machine.value?.adapter;
  return (
    <section class="measure-card" aria-labelledby="measure-machine">
      <h2 id="measure-machine">This machine</h2>
      <dl class="measure-facts">
        <Fact label="Device">{device?.name}</Fact>
        <Fact label="Kind">
          {device && (device.kind === "wasm" ? `WebAssembly, ${device.variant}` : `WebGPU, ${device.variant}`)}
        </Fact>
        <Fact label="Processors">
          {device && (device.kind === "wasm" ? `${device.processors}, threads: ${device.threads}` : device.processors)}
        </Fact>
        <Fact label="Subgroups">
          {device &&
            (device.subgroupSize === undefined
              ? "not used: none, or of sizes that differ"
              : `${device.subgroupSize} invocations`)}
        </Fact>
        <Fact label="Isolated">
          {crossOriginIsolated ? "yes, threads may share memory" : "no, one thread of WebAssembly"}
        </Fact>
        <Fact label="Browser">{hostOf(navigator.userAgent)}</Fact>
        <Fact label="Timed by">{measured?.timer}</Fact>
        <Fact label="Picture">
          {measured && `${measured.image.width} × ${measured.image.height}, ${measured.classes} classes`}
        </Fact>
        <Fact label="Vertices">
          {measured &&
            `${measured.vertices.bilateral.toLocaleString("en")} bilateral, ${measured.vertices.spatial.toLocaleString("en")} spatial`}
        </Fact>
      </dl>
      {device && !device.hardware && device.kind === "webgpu" && (
        <p class="measure-software">
          This adapter computes on the processor. Its figures say nothing about GPUs, and WebAssembly is faster here.
        </p>
      )}
      <div class="measure-more" data-gpu={"gpu" in navigator}>
        {adapter && (
          <More
            title={`Adapter of WebGPU: ${Object.keys(adapter.info).length} facts`}
            entries={Object.entries(adapter.info)}
          />
        )}
        {adapter && (
          <More
            title={`Limits: ${Object.keys(adapter.limits).length}`}
            entries={Object.entries(adapter.limits).map(([name, limit]) => [name, limit.toLocaleString("en")])}
          />
        )}
        {adapter && (
          <details>
            <summary>Features: {adapter.features.length}</summary>
            <ul class="measure-features">
              {adapter.features.map((feature) => (
                <li key={feature}>{feature}</li>
              ))}
            </ul>
          </details>
        )}
        <details>
          <summary>What the browser calls itself</summary>
          <p class="measure-agent">{navigator.userAgent}</p>
        </details>
      </div>
    </section>
  );
}

/** A value that is not there yet is a dash, which keeps its place. */
function Fact({ label, children }: { readonly label: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children ?? "–"}</dd>
    </>
  );
}

interface MoreProps {
  readonly title: string;
  readonly entries: readonly (readonly [name: string, value: string | number | boolean])[];
}

function More({ title, entries }: MoreProps): JSX.Element {
  return (
    <details>
      <summary>{title}</summary>
      <dl class="measure-facts measure-small">
        {entries.map(([name, value]) => (
          <Fact key={name} label={name}>
            {String(value)}
          </Fact>
        ))}
      </dl>
    </details>
  );
}
