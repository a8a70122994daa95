import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Rgb } from "../../style/classes.ts";
import { Button } from "../../ui/Button.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { addClass, chosen, classes, mostClasses, removeClass, rename, scores, tool } from "./state.ts";

const hexOf = (rgb: Rgb): string => `#${rgb.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
const rgbOf = (hex: string): Rgb => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;

/** The classes, and which of them is drawn with. */
export function ClassPanel(): JSX.Element {
  const all = classes.value;
  const id = useId();
  // A network's scores are of as many classes as it has.
  const fixed = scores.value !== undefined;
  const choose = (label: number): void => {
    chosen.value = label;
    if (tool.peek() === "eraser") tool.value = "brush";
  };
  return (
    <Panel title="Classes" aside={`${all.length}`}>
      <fieldset class="class-list" aria-describedby={`${id}-hint`}>
        <legend class="unseen">Class to draw with</legend>
        {all.map(({ name, rgb }, label) => (
          <div key={label} class="class-row" data-chosen={chosen.value === label}>
            <label class="class-pick" title={`Draw “${name}”`}>
              <input
                type="radio"
                name={id}
                checked={chosen.value === label}
                onChange={() => choose(label)}
                aria-label={`Draw ${name}`}
              />
              <span aria-hidden="true">{label < 10 ? (label + 1) % 10 : ""}</span>
            </label>
            <input
              class="class-color"
              type="color"
              value={hexOf(rgb)}
              aria-label={`Color of ${name}`}
              onInput={({ currentTarget }) => rename(label, { rgb: rgbOf(currentTarget.value) })}
            />
            <input
              class="class-name"
              type="text"
              value={name}
              maxLength={40}
              aria-label={`Name of class ${label}`}
              onFocus={() => choose(label)}
              onChange={({ currentTarget }) => {
                const next = currentTarget.value.trim();
                if (next === "") currentTarget.value = name;
                else rename(label, { name: next });
              }}
            />
            <Button
              look="quiet"
              icon="close"
              label={`Remove ${name}`}
              disabled={fixed || all.length <= 2}
              onClick={() => removeClass(label)}
            />
          </div>
        ))}
      </fieldset>
      <Button icon="add" disabled={fixed || all.length >= mostClasses} onClick={addClass}>
        Add a class
      </Button>
      <p class="hint" id={`${id}-hint`}>
        Keys 1 to 9 and 0 choose a class, B, E, F and S a tool, [ and ] the size of the pen; Ctrl+Z takes back, + and −
        enlarge. On the picture, arrow keys move a crosshair (with Shift farther, with Alt by a pixel) and the space bar
        draws.
      </p>
      <p class="unseen" id="refine-help">
        Arrow keys move a crosshair, Shift makes it go farther, Alt by a pixel. Hold the space bar to draw.
      </p>
    </Panel>
  );
}
