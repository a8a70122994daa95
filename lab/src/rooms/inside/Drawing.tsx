import { effect, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** The size of a drawing in the page, in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

interface DrawingProps {
  /** Draws all of it; it is called again when a signal that it read has changed, or the size. */
  readonly draw: (context: CanvasRenderingContext2D, size: Size) => void;
}

/** A canvas that fills its place, as sharp as the screen. What it shows is said beside it in words: to screen readers it is nothing. */
export function Drawing({ draw }: DrawingProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      size.value = { width, height };
    });
    observer.observe(canvas.current!.parentElement!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    // A signal may change between the canvas' leaving the page and the end of this effect.
    const element = canvas.current!;
    return effect(() => {
      const { width, height } = size.value;
      if (width === 0 || height === 0) return;
      const [columns, rows] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
      // Setting a size clears the canvas and allocates another one.
      if (element.width !== columns || element.height !== rows) [element.width, element.height] = [columns, rows];
      const context = element.getContext("2d")!;
      context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      context.clearRect(0, 0, width, height);
      draw(context, { width, height });
    });
  }, [draw]);
  return <canvas class="inside-drawing" ref={canvas} aria-hidden="true" />;
}

/** Where a picture stands in a drawing: as large as fits, in the middle. */
export interface Fit {
  readonly left: number;
  readonly top: number;
  /** CSS pixels a pixel of the picture. */
  readonly scale: number;
}

export function fit(picture: Size, { width, height }: Size, margin: number): Fit {
  const scale = Math.max(Math.min((width - 2 * margin) / picture.width, (height - 2 * margin) / picture.height), 0.01);
  return { left: (width - picture.width * scale) / 2, top: (height - picture.height * scale) / 2, scale };
}
