import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { FileButton } from "./FileButton.tsx";
import { type Picture, pictures } from "../pictures/pictures.ts";
import "./PictureStrip.css";

interface PictureStripProps {
  readonly label: string;
  /** The name of the picture that is on view; undefined for one of the reader's own. */
  readonly value: string | undefined;
  readonly onChange: (picture: Picture) => void;
  /** Where it is given, the last place in the strip takes a picture of the reader's own. */
  readonly onFiles?: (files: readonly File[]) => void;
}

/** The pictures that come along, to choose one of; arrow keys go from one to the next. Under them stands who made the chosen one. */
export function PictureStrip({ label, value, onChange, onFiles }: PictureStripProps): JSX.Element {
  const id = useId();
  const chosen = pictures.find(({ name }) => name === value);
  return (
    <fieldset class="pictures">
      <legend class="unseen">{label}</legend>
      <div class="pictures-row">
        {pictures.map((picture) => (
          <label key={picture.name} class="picture" title={picture.title}>
            <input
              type="radio"
              name={id}
              value={picture.name}
              checked={picture.name === value}
              aria-label={picture.title}
              onChange={() => onChange(picture)}
            />
            <img src={picture.preview} alt="" width={72} height={54} decoding="async" />
          </label>
        ))}
        {onFiles && <FileButton accept="image/*" icon="upload" label="Open a picture of your own" onFiles={onFiles} />}
      </div>
      <p class="hint pictures-credit">{chosen ? <Credit {...chosen} /> : "Your own picture."}</p>
    </fieldset>
  );
}

function Credit({ title, by, source, license }: Picture): JSX.Element {
  return (
    <>
      {source ? <a href={source}>{title}</a> : title}. {by}. {license}.
    </>
  );
}
