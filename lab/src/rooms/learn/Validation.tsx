import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { classColor, cssColor } from "../../style/classes.ts";
import "../../ui/Swatch.css";
import type { Picture } from "./run.ts";
import { predictions, run, settings } from "./state.ts";

/** How many classes a legend has room for. */
const most = 24;

/** The pictures that are kept apart: photograph, truth, and what network and CRF make of it. */
export function Validation(): JSX.Element {
  const view = run.value;
  const refines = (view?.settings ?? settings.value).stage === "crf-rnn";
  const columns = ["Picture", "Truth", "Network", ...(refines ? ["With CRF"] : [])];
  const rows: readonly (Picture | undefined)[] = view?.val ?? Array.from({ length: 5 }, () => undefined);
  const classes = view?.classes ?? [];
  return (
    <section class="learn-validation" aria-labelledby="learn-validation-title" data-columns={columns.length}>
      <h2 class="unseen" id="learn-validation-title">
        Pictures kept apart
      </h2>
      <div class="learn-pictures" style={{ "--columns": columns.length }}>
        {columns.map((name) => (
          <h3 key={name}>{name}</h3>
        ))}
        {rows.map((picture, row) => {
          const predicted = predictions.value[row];
          return [
            <Photograph key={`${row} photograph`} picture={picture} />,
            <LabelMap key={`${row} truth`} picture={picture} labels={picture?.labels} what="Truth" />,
            <LabelMap key={`${row} network`} picture={picture} labels={predicted?.network} what="Network" judged />,
            refines && (
              <LabelMap key={`${row} crf`} picture={picture} labels={predicted?.crf} what="With the CRF" judged />
            ),
          ];
        })}
      </div>
      <ul class="learn-legend" aria-label="Classes">
        {classes.slice(0, most).map((name, label) => (
          <li key={name}>
            <span class="swatch" style={{ "--swatch": cssColor(classColor(label).rgb) }} />
            {name}
          </li>
        ))}
        {classes.length > most && <li>and {classes.length - most} more</li>}
      </ul>
    </section>
  );
}

function Photograph({ picture }: { readonly picture: Picture | undefined }): JSX.Element {
  return <Pixels picture={picture} label={`Photograph ${picture?.id ?? ""}`} pixels={picture?.rgb} />;
}

interface LabelMapProps {
  readonly picture: Picture | undefined;
  readonly labels: Uint8Array | undefined;
  readonly what: string;
  /** Whether the share of right pixels is told. */
  readonly judged?: boolean;
}

function LabelMap({ picture, labels, what, judged = false }: LabelMapProps): JSX.Element {
  if (!picture || labels?.length !== picture.labels.length) {
    return <Pixels picture={picture} label={`${what}: not there yet`} pixels={undefined} />;
  }
  const right = judged ? `${Math.floor(100 * rightShare(labels, picture.labels))} %` : undefined;
  const label =
    right === undefined ? `${what} of ${picture.id}` : `${what}, ${picture.id}: ${right} of the pixels are right`;
  return <Pixels picture={picture} label={label} pixels={painted(labels)} tag={right} />;
}

const ignored = 255;

function rightShare(labels: Uint8Array, truth: Uint8Array): number {
  let [right, all] = [0, 0];
  for (let pixel = 0; pixel < truth.length; pixel++) {
    if (truth[pixel] === ignored) continue;
    all++;
    if (labels[pixel] === truth[pixel]) right++;
  }
  return all === 0 ? 0 : right / all;
}

/** Red, green, blue of each label; what is ignored stays empty. */
function painted(labels: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(labels.length * 3);
  labels.forEach((label, pixel) => rgb.set(label === ignored ? [255, 255, 255] : classColor(label).rgb, pixel * 3));
  return rgb;
}

interface PixelsProps {
  readonly picture: Picture | undefined;
  readonly label: string;
  /** Red, green, blue. */
  readonly pixels: Uint8Array | undefined;
  readonly tag?: string;
}

function Pixels({ picture, label, pixels, tag }: PixelsProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { height, width } = picture ?? { height: 1, width: 1 };
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    if (!pixels) return context.clearRect(0, 0, width, height);
    const image = context.createImageData(width, height);
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let k = 0; k < 3; k++) image.data[pixel * 4 + k] = pixels[pixel * 3 + k]!;
      image.data[pixel * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [pixels, width, height]);
  return (
    <div class="learn-cell">
      <canvas ref={canvas} width={width} height={height} role="img" aria-label={label} />
      {tag && <span aria-hidden="true">{tag}</span>}
    </div>
  );
}
