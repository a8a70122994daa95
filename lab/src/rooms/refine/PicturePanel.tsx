import type { JSX } from "preact";
import { pictures } from "../../pictures/pictures.ts";
import { CameraButton } from "../../ui/CameraButton.tsx";
import { FileButton } from "../../ui/FileButton.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Select } from "../../ui/Select.tsx";
import { take } from "./files.ts";
import { openPicture, resize } from "./open.ts";
import { parameters } from "./parameters.ts";
import { picture } from "./state.ts";

const sizes = [250, 320, 500, 640, 800, 1000, 1600];

/** Where the picture comes from. */
export function PicturePanel(): JSX.Element {
  const { picture: name, size } = parameters.value;
  const shown = picture.value;
  const all = sizes.includes(size) ? sizes : [...sizes, size].sort((a, b) => a - b);
  return (
    <Panel title="Picture" aside={shown && `${shown.width} × ${shown.height}`}>
      <fieldset class="picture-list">
        <legend class="unseen">Pictures that come along</legend>
        {pictures.map((one) => (
          <label key={one.name} class="picture-choice" title={one.title}>
            <input
              type="radio"
              name="refine-picture"
              checked={one.name === name}
              onChange={() => void openPicture(one.name)}
              aria-label={one.title}
            />
            <img src={one.preview} alt="" width={64} height={64} loading="lazy" />
          </label>
        ))}
      </fieldset>
      <div class="refine-line">
        <FileButton accept="image/*" icon="image" onFiles={(files) => void take(files, "photograph")}>
          Open a photograph
        </FileButton>
        <CameraButton onFile={(file) => void take([file], "photograph")} />
      </div>
      <FileButton accept=".png,.npy" icon="upload" onFiles={(files) => void take(files, "labels")}>
        Open labels or scores
      </FileButton>
      <p class="hint">
        Or drop or paste them: a photograph, a label map (a PNG with a palette or in gray), or a network’s logits as a .npy
        file. Nothing leaves your machine.
      </p>
      <Select
        label="Longest side"
        options={all.map((value) => ({ value: String(value), label: `${value} pixels` }))}
        value={String(size)}
        onChange={(value) => resize(Number(value))}
        hint="Larger pictures are scaled down to this size before anything is computed."
      />
      {shown && (
        <p class="hint">
          {shown.title}.{shown.by && ` ${shown.by}.`}{" "}
          {shown.source && (
            <a href={shown.source} target="_blank" rel="noreferrer">
              Where it comes from
            </a>
          )}
        </p>
      )}
    </Panel>
  );
}
