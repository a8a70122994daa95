import type { JSX } from "preact";
import { cssColor } from "../../style/classes.ts";
import { parameters } from "./parameters.ts";
import {
  busy,
  chosen,
  classes,
  drawing,
  drawn,
  frame,
  isEmpty,
  painting,
  picture,
  result,
  scores,
  settled,
  shownLabels,
} from "./state.ts";
import { confidenceColor, countChanged } from "./tint.ts";
import { cross } from "./view.ts";

const gradient = `linear-gradient(90deg, ${[0, 0.2, 0.4, 0.6, 0.8, 1].map((at) => cssColor(confidenceColor(at))).join(", ")})`;

/** A line over the picture that says what is seen. */
export function Caption(): JSX.Element {
  return (
    <>
      <p class="refine-caption" data-busy={busy.value} data-settled={settled.value}>
        <span class="refine-light" aria-hidden="true" />
        <span>{textNow()}</span>
        {parameters.value.view === "confidence" && result.value && (
          <span class="refine-scale">
            a guess <span class="refine-scale-bar" style={{ background: gradient }} /> certain
          </span>
        )}
      </p>
      <output class="unseen" aria-live="polite">
        {spoken()}
      </output>
    </>
  );
}

/** What screen readers are told while keys draw. */
function spoken(): string {
  const at = cross.value;
  const shown = picture.value;
  if (!at || !shown) return "";
  const label = result.value?.labels[Math.floor(at.y) * shown.width + Math.floor(at.x)];
  const name = label === undefined ? "no result yet" : classes.value[label]?.name;
  const draws = painting.value ? `, drawing ${classes.value[chosen.value]?.name}` : "";
  return `Column ${Math.floor(at.x)}, row ${Math.floor(at.y)}: ${name}${draws}.`;
}

function textNow(): string {
  if (!picture.value) return "The picture is being loaded.";
  if (isEmpty.value) return "Draw some lines in two classes or more, and the CRF carries them to the edges.";
  const { view } = parameters.value;
  const answer = result.value;
  if (view === "photograph") return picture.value.title;
  if (view === "drawing") return scores.value ? "What was drawn over the scores." : drawnText();
  if (!answer) return busy.value ? "The result is being computed." : "There is no result yet.";
  if (view === "confidence") return "How probable the class of each pixel is.";
  const { labels, after } = shownLabels.value!;
  if (frame.value !== undefined && frame.value > after) return `Iteration ${frame.value} is being computed.`;
  if (view === "difference") {
    const { changed, known } = countChanged(answer.before, labels);
    const share = known === 0 ? 0 : (100 * changed) / known;
    return `${share.toFixed(1)} % of the ${known.toLocaleString("en")} pixels that had a class got another.`;
  }
  if (after === 0) return "Before the first iteration.";
  return `The result after ${after} ${after === 1 ? "iteration" : "iterations"}.`;
}

function drawnText(): string {
  void drawn.value;
  const { labels } = drawing.value;
  const share = (100 * drawing.value.count()) / labels.length;
  return `${share.toFixed(share < 10 ? 1 : 0)} % of the pixels are drawn on.`;
}
