import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Button } from "../../ui/Button.tsx";
import { FileButton } from "../../ui/FileButton.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { doing, facts, loadCheckpoint, run, saveArchive, saveCheckpoint, step } from "./state.ts";

/** A word for flags of the device that make Node's bits the page's. */
function deviceWords(): string {
  const device = facts.value;
  if (device?.kind !== "wasm") return "";
  return device.variant.startsWith("plain") ? " \\\n  --device wasm --plain-simd" : " \\\n  --device wasm";
}

/** Saves and loads the run, and says how the command line goes on with it. */
export function Checkpoints(): JSX.Element {
  const view = run.value;
  const none = step.value === 0 || doing.value === "preparing" || doing.value === "pausing";
  const command = `${view?.command ?? "crf-rnn train --resume"}${deviceWords()}`;
  return (
    <Panel title="Checkpoint">
      <p class="hint">
        The run is kept in this browser and goes on after a reload. Save it to go on elsewhere: a checkpoint alone, or a
        ZIP with its pictures and the command below.
      </p>
      <div class="learn-buttons">
        <Button icon="download" disabled={none} onClick={() => void saveCheckpoint()}>
          Checkpoint
        </Button>
        <Button icon="download" disabled={none} onClick={() => void saveArchive()}>
          All as ZIP
        </Button>
        <FileButton
          accept=".safetensors"
          disabled={doing.value !== "waiting"}
          onFiles={([file]) => file && void loadCheckpoint(file)}
        >
          Load a checkpoint
        </FileButton>
      </div>
      <div class="field">
        <div class="field-line">
          <h3 class="field-label learn-command-title" id="learn-command-title">
            On the command line
          </h3>
          <Copy text={command} />
        </div>
        {/* It is scrolled by keys, too, where it is longer than its place. */}
        <pre class="learn-command" tabIndex={0} aria-labelledby="learn-command-title">
          {command}
        </pre>
        <p class="hint">
          It goes on with the ZIP, in its folder.
          {view?.lacksInit === true &&
            " The run began from a checkpoint that is not here: put it there as init.safetensors."}{" "}
          To the same bits, Node needs the SIMD of this page: Node 20 has plain SIMD alone, which you can choose under
          “Device”. <code>crf-rnn segment</code> and <code>evaluate</code> read the checkpoint, too.
        </p>
      </div>
    </Panel>
  );
}

const copied = signal(false);

function Copy({ text }: { readonly text: string }): JSX.Element {
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    copied.value = true;
    setTimeout(() => (copied.value = false), 2000);
  };
  return (
    <Button look="quiet" icon={copied.value ? "check" : "copy"} label="Copy the command" onClick={() => void copy()} />
  );
}
