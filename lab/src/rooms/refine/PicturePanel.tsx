import type { JSX } from "preact";
import { Button } from "../../ui/Button.tsx";
import { CameraButton } from "../../ui/CameraButton.tsx";
import { FileButton } from "../../ui/FileButton.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { PictureStrip } from "../../ui/PictureStrip.tsx";
import { Select } from "../../ui/Select.tsx";
import { take } from "./files.ts";
import { openPicture, resize } from "./open.ts";
import { parameters } from "./parameters.ts";
import { picture, scores } from "./state.ts";

const sizes = [250, 320, 500, 640, 800, 1000, 1600];

/** Where the picture comes from. */
export function PicturePanel(): JSX.Element {
  const { picture: name, size } = parameters.value;
  const shown = picture.value;
  const all = sizes.includes(size) ? sizes : [...sizes, size].sort((a, b) => a - b);
  return (
    <Panel title="Picture" aside={shown && `${shown.width} × ${shown.height}`}>
      <PictureStrip
        label="Pictures that come along"
        value={name === "own" ? undefined : name}
        onChange={(one) => void openPicture(one.name)}
      />
      <div class="refine-line">
        <FileButton accept="image/*" icon="image" onFiles={(files) => void take(files, "photograph")}>
          Open a photograph
        </FileButton>
        <CameraButton onFile={(file) => void take([file], "photograph")} />
      </div>
      <FileButton accept=".png,.npy,.onnx,.json" icon="upload" onFiles={(files) => void take(files, "labels")}>
        Open labels, scores or a network
      </FileButton>
      <p class="hint">
        Or drop or paste them: a photograph, a label map (a PNG with a palette or in gray), a network’s logits as a .npy
        file, or a network itself as an .onnx file. Nothing leaves your machine.
      </p>
      {scores.value && (
        <div class="refine-scores">
          <p>
            {scores.value.name} gives scores of {scores.value.classes} classes.
          </p>
          <Button
            look="quiet"
            icon="close"
            label="Do without these scores"
            onClick={() => (scores.value = undefined)}
          />
        </div>
      )}
      <Select
        label="Longest side"
        options={all.map((value) => ({ value: String(value), label: `${value} pixels` }))}
        value={String(size)}
        onChange={(value) => resize(Number(value))}
        hint="Larger pictures are scaled down to this size before anything is computed."
      />
    </Panel>
  );
}
