import type { JSX } from "preact";
import { pictures } from "../../pictures/pictures.ts";
import { FileButton } from "../../ui/FileButton.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Select } from "../../ui/Select.tsx";
import { longest } from "./picture.ts";
import { change, ownFile, ownPicture, parameters } from "./state.ts";

/** Opens a picture of the reader's. */
export function openFiles([file]: readonly File[]): void {
  if (!file) return;
  ownFile.value = file;
  change({ picture: ownPicture });
}

/** Which picture is looked into. */
export function PictureChoice(): JSX.Element {
  const own = ownFile.value;
  const all = pictures.map(({ name, title }) => ({ value: name, label: title }));
  const name = parameters.value.picture;
  return (
    <Panel title="The picture">
      <Select
        label="Picture"
        options={own ? [...all, { value: ownPicture, label: own.name }] : all}
        value={name === ownPicture && !own ? pictures[0]!.name : name}
        onChange={(value) => change({ picture: value })}
        hint={`It is made small, ${longest} pixels on its longer side, so that its pixels can be seen.`}
      />
      <div class="inside-row">
        <FileButton accept="image/*" onFiles={openFiles}>
          Open a picture of yours
        </FileButton>
      </div>
    </Panel>
  );
}
