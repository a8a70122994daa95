import { effect, type ReadonlySignal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { theme } from "../../shell/theme.ts";

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** The custom property that has its color. */
  readonly color: string;
  readonly width: number;
  readonly values: readonly (number | null)[];
  /** Whether each value has a dot: where there are few. */
  readonly dots?: boolean;
  /** Whether it is left out of the legend, being there for the eye alone. */
  readonly silent?: boolean;
}

interface ChartProps {
  readonly title: string;
  /** One sentence that says what is drawn, for screen readers; the summary says how it goes. */
  readonly label: string;
  /** Counts what was drawn: the chart reads `data` anew when it has changed. */
  readonly drawn: ReadonlySignal<number>;
  readonly data: () => { readonly steps: readonly number[]; readonly lines: readonly Line[]; readonly end: number };
  /** From 0 to 1, or by ratio. */
  readonly scale: "share" | "log";
}

const told = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** Colors of custom properties, as a canvas knows them, which has no `light-dark()`. Each is asked for once in a scheme: it costs a layout. */
class Colors {
  readonly #place: HTMLElement;
  readonly #known = new Map<string, string>();

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  of(name: string): string {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    this.#place.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    this.#known.set(name, color);
    return color;
  }

  /** The scheme has changed. */
  forget(): void {
    this.#known.clear();
  }
}

/** Lines over the steps of a run. Under a pointer, the legend says the values there; otherwise the last. */
export function Chart({ title, label, drawn, data, scale }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const at = useSignal<number | null>(null);
  const legend = useSignal<readonly Line[]>(data().lines);

  useEffect(() => {
    const frame = place.current!;
    const end = (): number => Math.max(data().end, 20);
    const onPoint = (index: number | null): void => void (at.value = index);
    const colors = new Colors(frame);
    const chart = new UPlot(optionsOf(colors, frame, data().lines, scale, end, onPoint), [[]], frame);
    let waiting = 0;
    const draw = (): void => {
      waiting = 0;
      const { steps, lines } = data();
      legend.value = lines;
      const values = lines.map((line) => (scale === "log" ? line.values.map(drawnAs) : line.values));
      chart.setData([steps, ...values] as unknown as UPlot.AlignedData);
    };
    const stop = effect(() => {
      void drawn.value;
      waiting ||= requestAnimationFrame(draw);
    });
    const resize = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = frame;
      // A room that is not on view has no size.
      if (width > 0 && height > 0) chart.setSize(leastSize(width, height));
    });
    resize.observe(frame);
    const repaint = (): void => {
      colors.forget();
      chart.redraw(false, true);
    };
    const recolor = effect(() => {
      void theme.value;
      requestAnimationFrame(repaint);
    });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", repaint);
    return () => {
      stop();
      recolor();
      cancelAnimationFrame(waiting);
      scheme.removeEventListener("change", repaint);
      resize.disconnect();
      chart.destroy();
    };
  }, []);

  const index = at.value;
  return (
    <figure class="learn-chart">
      <figcaption>
        <h2>{title}</h2>
        <ul>
          {legend.value
            .filter(({ silent }) => !silent)
            .map(({ name, color, values }) => (
              <li key={name} style={{ "--line-color": `var(${color})` }}>
                <span>{name}</span> <b>{told(index === null ? values.at(-1) : values[index])}</b>
              </li>
            ))}
        </ul>
      </figcaption>
      <div class="learn-plot" ref={place} role="img" aria-label={label} aria-describedby="learn-summary" />
    </figure>
  );
}

/** Axes need some room, or there is none for the plot. */
const leastSize = (width: number, height: number) => ({ width: Math.max(width, 120), height: Math.max(height, 80) });

function optionsOf(
  colors: Colors,
  frame: HTMLElement,
  lines: readonly Line[],
  scale: ChartProps["scale"],
  end: () => number,
  onPoint: (index: number | null) => void,
): UPlot.Options {
  const text = getComputedStyle(frame);
  const axis: UPlot.Axis = {
    stroke: () => colors.of("--text-soft"),
    grid: { stroke: () => colors.of("--line"), width: 1 },
    ticks: { show: false },
    font: `13px ${text.fontFamily}`,
    gap: 4,
  };
  return {
    ...leastSize(frame.clientWidth, frame.clientHeight),
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: false, range: () => [0, end()] },
      y: { range: scale === "share" ? [0, 1] : (_, least, most) => rangeOf(least, most) },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 60,
        values: (_, steps) => steps.map((step) => (Number.isInteger(step) ? step.toLocaleString("en") : "")),
      },
      {
        ...axis,
        size: 40,
        space: 28,
        ...(scale === "log" && {
          splits: (_, __, least, most) => ticksBetween(least, most),
          values: (_, ticks) => ticks.map((tick) => String(Number((10 ** tick).toPrecision(1)))),
        }),
      },
    ],
    series: [
      {},
      ...lines.map(({ name, color: token, width, dots }) => ({
        label: name,
        stroke: () => colors.of(token),
        width,
        spanGaps: true,
        points: { show: dots ?? false, size: 5, fill: () => colors.of(token) },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  };
}

/** Numbers by ratio are drawn by their logarithm, with ticks at 1, 2 and 5 of each decade. */
const drawnAs = (value: number | null): number | null => (value === null ? null : Math.log10(value));

function ticksBetween(least: number, most: number): number[] {
  const decades = Array.from({ length: Math.ceil(most) - Math.floor(least) + 1 }, (_, at) => Math.floor(least) + at);
  const ticks = decades.flatMap((decade) => [1, 2, 5].map((digit) => decade + Math.log10(digit)));
  return ticks.filter((tick) => tick >= least && tick <= most);
}

/** A range about the logarithms, with room at both ends, of a ratio of three at least; about 1 where there are none yet. */
function rangeOf(least: number | null, most: number | null): [number, number] {
  const [low, high] = [least ?? Math.log10(0.3), most ?? Math.log10(2)];
  const more = Math.max(0, Math.log10(3) - (high - low)) / 2;
  return [low - more - 0.06, high + more + 0.06];
}
