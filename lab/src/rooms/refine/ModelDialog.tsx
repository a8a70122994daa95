import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/Button.tsx";
import { Select } from "../../ui/Select.tsx";
import { model, runModel, running } from "./model.ts";
import type { Preparation } from "./onnx.ts";

const sides = [128, 224, 256, 320, 384, 448, 512, 640, 768, 1024];
const side = signal(512);
const preparation = signal<Preparation>("imagenet");

const choices: readonly { readonly value: Preparation; readonly label: string }[] = [
  { value: "imagenet", label: "ImageNet’s mean and deviation" },
  { value: "share", label: "From 0 to 1" },
  { value: "both", label: "From −1 to 1" },
  { value: "levels", label: "From 0 to 255" },
];

/** Asks how a network wants to see the picture, and runs it. */
export function ModelDialog(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = model.value;
  useEffect(() => {
    if (open) dialog.current!.showModal();
    else dialog.current!.close();
  }, [open]);
  const size = open?.size;
  return (
    <dialog ref={dialog} class="refine-dialog" aria-labelledby="refine-model" onClose={() => (model.value = undefined)}>
      <h2 id="refine-model">{open?.name}</h2>
      <p class="hint">
        The network runs on your machine. Its first output must be scores, classes first; they are brought to the
        picture’s size, and what you draw overrules them.
      </p>
      {size ? (
        <p>
          It sees the picture in {size[1]} × {size[0]} pixels.
        </p>
      ) : (
        <Select
          label="Size that it sees the picture in"
          options={sides.map((value) => ({ value: String(value), label: `${value} × ${value} pixels` }))}
          value={String(side.value)}
          onChange={(value) => (side.value = Number(value))}
        />
      )}
      <Select
        label="Colors"
        options={choices}
        value={preparation.value}
        onChange={(value) => (preparation.value = value)}
        hint="As they were prepared when the network was trained; its model card tells."
      />
      <div class="refine-dialog-end">
        <Button onClick={() => dialog.current!.close()}>Cancel</Button>
        <Button
          look="primary"
          icon="play"
          disabled={running.value}
          onClick={() => void runModel(side.value, preparation.value)}
        >
          {running.value ? "It runs" : "Run the network"}
        </Button>
      </div>
    </dialog>
  );
}
