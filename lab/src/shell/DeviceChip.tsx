import type { JSX } from "preact";
import type { DeviceChoice, DeviceFacts } from "../engine/choice.ts";
import { Icon } from "../ui/Icon.tsx";
import { choice } from "./address.ts";
import { type DeviceState, deviceState } from "./device.ts";
import { DevicePanel } from "./DevicePanel.tsx";
import "../ui/Popup.css";
import "./DeviceChip.css";

const choices = { auto: "Automatic", webgpu: "WebGPU", wasm: "WebAssembly" };

/** Says what is computed on, and opens the panel where that is chosen. */
export function DeviceChip(): JSX.Element {
  const state = deviceState.value;
  const text = textOf(state, choice.value);
  return (
    <>
      <button class="chip" type="button" popovertarget="device" data-state={state?.state ?? "none"}>
        <span class="chip-light" aria-hidden="true" />
        <span class="unseen">Device: </span>
        <span class="chip-text">{text}</span>
        <Icon name="down" size={14} />
      </button>
      <div class="popup device" id="device" popover="auto" aria-label="Device">
        <DevicePanel />
      </div>
    </>
  );
}

function textOf(state: DeviceState | undefined, { prefer }: DeviceChoice): string {
  if (!state) return choices[prefer];
  if (state.state === "open") return nameOf(state.facts);
  return state.state === "opening" ? "Opening …" : "No device";
}

function nameOf({ kind, name, threads }: DeviceFacts): string {
  return kind === "webgpu" ? name : `WASM, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
}
