import { cssColor } from "../../../style/classes.ts";
import { colorBitmap, veil } from "../bitmaps.ts";
import { fit, type Size } from "../Drawing.tsx";
import { palette } from "../palette.ts";
import { chosen, footprint, parameters, picture } from "../state.ts";
import { brightest } from "./figures.ts";

/** Draws what the chosen pixel receives from where, over the picture: by the lattice, or exactly. */
export const drawFootprint =
  (kind: "shares" | "exact") =>
  (context: CanvasRenderingContext2D, size: Size): void => {
    const shown = picture.value;
    if (!shown) return;
    const colors = palette.value;
    const { left, top, scale } = fit(shown, size, 0);
    const frame = [left, top, shown.width * scale, shown.height * scale] as const;
    context.imageSmoothingEnabled = false;
    context.globalAlpha = 0.42;
    context.drawImage(colorBitmap.value!, ...frame);
    context.globalAlpha = 1;
    const now = footprint.value;
    if (now && now.shares.length === shown.width * shown.height) {
      const most = brightest.value;
      const values = now[kind];
      // The square root lets small shares be seen, of which there are many.
      const { width, height } = shown;
      context.drawImage(
        veil(width, height, colors.accent, (pixel) => Math.sqrt(Math.min(values[pixel]! / most, 1))),
        ...frame,
      );
      const corner = kind === "shares" ? now.corners[parameters.value.corner] : undefined;
      if (corner) {
        const weights = new Float32Array(width * height);
        corner.pixels.forEach((pixel, i) => (weights[pixel] = 0.35 + 0.65 * corner.weights[i]!));
        context.drawImage(
          veil(width, height, colors.warm, (pixel) => weights[pixel]!),
          ...frame,
        );
      }
    }
    const { x, y } = chosen.value;
    const radius = Math.max(7, scale * 1.6);
    context.beginPath();
    context.arc(left + (x + 0.5) * scale, top + (y + 0.5) * scale, radius, 0, 7);
    context.strokeStyle = cssColor(colors.face);
    context.lineWidth = 5;
    context.stroke();
    context.strokeStyle = cssColor(colors.warm);
    context.lineWidth = 2.5;
    context.stroke();
  };
