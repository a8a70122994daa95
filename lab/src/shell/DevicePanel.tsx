import type { JSX } from "preact";
import type { DeviceChoice, DeviceFacts } from "../engine/choice.ts";
import { Segmented } from "../ui/Segmented.tsx";
import { Select } from "../ui/Select.tsx";
import { Switch } from "../ui/Switch.tsx";
import { choice, choose } from "./address.ts";
import { deviceState } from "./device.ts";

const every = "every";

/** Where the reader chooses what is computed on, and reads what it is. */
export function DevicePanel(): JSX.Element {
  const chosen = choice.value;
  const state = deviceState.value;
  return (
    <>
      <Segmented
        label="Compute on"
        options={[
          { value: "auto", label: "Automatic" },
          { value: "webgpu", label: "WebGPU" },
          { value: "wasm", label: "WebAssembly" },
        ]}
        value={chosen.prefer}
        onChange={(prefer) => choose({ ...chosen, prefer, simd: undefined })}
        hint="Automatic takes a GPU if there is one, and WebAssembly otherwise."
      />
      <Threads chosen={chosen} />
      {chosen.prefer === "wasm" && (
        <Switch
          label="Plain SIMD"
          value={chosen.simd === "plain"}
          onChange={(plain) => choose({ ...chosen, simd: plain ? "plain" : undefined })}
          hint="Rounds as Node 20 does, so that a training run goes on there to the same bits; a little slower."
        />
      )}
      {state?.state === "open" && <Facts {...state.facts} />}
    </>
  );
}

function Threads({ chosen }: { readonly chosen: DeviceChoice }): JSX.Element {
  const processors = navigator.hardwareConcurrency;
  const numbers = Array.from({ length: Math.min(processors, 64) }, (_, i) => String(i + 1));
  const hint = crossOriginIsolated
    ? "WebAssembly splits its work among threads; the results are the same to the bit."
    : "This page is not isolated from other origins, so WebAssembly has one thread.";
  return (
    <Select
      label="Threads of WebAssembly"
      options={[
        { value: every, label: `Every processor (${processors})` },
        ...numbers.map((value) => ({ value, label: value })),
      ]}
      value={crossOriginIsolated ? String(chosen.threads ?? every) : "1"}
      onChange={(value) => choose({ ...chosen, threads: value === every ? undefined : Number(value) })}
      disabled={!crossOriginIsolated}
      hint={hint}
    />
  );
}

function Facts({
  kind,
  name,
  hardware,
  threads,
  variant,
  subgroupSize,
  fallbacks,
  isolated,
}: DeviceFacts): JSX.Element {
  const gpu = kind === "webgpu";
  return (
    <dl class="device-facts">
      <dt>{gpu ? "Adapter" : "Engine"}</dt>
      <dd>{name}</dd>
      <dt>{gpu ? "Architecture" : "Build"}</dt>
      <dd>{variant || "not told"}</dd>
      {gpu ? (
        <>
          <dt>Computes on</dt>
          <dd>{hardware ? "a GPU" : "the processor: a software adapter"}</dd>
          <dt>Subgroups</dt>
          <dd>{subgroupSize === undefined ? "not used" : `${subgroupSize} invocations`}</dd>
        </>
      ) : (
        <>
          <dt>Threads</dt>
          <dd>{threads}</dd>
        </>
      )}
      <dt>Isolated</dt>
      <dd>{isolated ? "yes: threads may share memory" : "no: the host sends no COOP and COEP headers"}</dd>
      {fallbacks.length > 0 && (
        <>
          <dt>Passed over</dt>
          <dd>
            <ul>
              {fallbacks.map((reason) => (
                <li key={reason}>{reason}</li>
              ))}
            </ul>
          </dd>
        </>
      )}
    </dl>
  );
}
