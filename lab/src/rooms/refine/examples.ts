import type { Point } from "./drawing.ts";

/** A line of a class, through points that are shares of the picture's width and height. */
interface Scribble {
  readonly label: number;
  readonly points: readonly Point[];
}

/** What somebody drew on a picture that comes along, to begin from. */
export interface Example {
  readonly classes: readonly string[];
  readonly scribbles: readonly Scribble[];
}

const line = (label: number, ...numbers: readonly number[]): Scribble => ({
  label,
  points: Array.from({ length: numbers.length / 2 }, (_, i) => ({ x: numbers[2 * i]!, y: numbers[2 * i + 1]! })),
});

export const examples: Readonly<Record<string, Example>> = {
  fruit: {
    classes: ["cloth", "orange", "lime", "plum"],
    scribbles: [
      line(0, 0.1, 0.12, 0.9, 0.15),
      line(0, 0.05, 0.93, 0.6, 0.96),
      line(0, 0.2, 0.78, 0.5, 0.86, 0.9, 0.8),
      line(0, 0.05, 0.3, 0.15, 0.32),
      line(0, 0.24, 0.63, 0.38, 0.645),
      line(0, 0.56, 0.71, 0.64, 0.725),
      line(0, 0.95, 0.7, 0.985, 0.69),
      line(0, 0.8, 0.44, 0.79, 0.52),
      line(1, 0.25, 0.3, 0.33, 0.5, 0.42, 0.42),
      line(1, 0.54, 0.25, 0.62, 0.37, 0.68, 0.3),
      line(2, 0.07, 0.45, 0.13, 0.58, 0.17, 0.52),
      line(2, 0.63, 0.47, 0.69, 0.6),
      line(3, 0.43, 0.56, 0.48, 0.68),
      line(3, 0.83, 0.45, 0.89, 0.47),
      line(3, 0.83, 0.58, 0.88, 0.67),
    ],
  },
  coast: {
    classes: ["sea", "beach", "green", "snow and rock"],
    scribbles: [
      line(0, 0.05, 0.4, 0.15, 0.85, 0.6, 0.9),
      line(0, 0.3, 0.2, 0.45, 0.35, 0.42, 0.6),
      line(1, 0.33, 0.22, 0.37, 0.22),
      line(1, 0.47, 0.64, 0.56, 0.72),
      line(1, 0.16, 0.36, 0.19, 0.32),
      line(1, 0.62, 0.27, 0.69, 0.37),
      line(2, 0.21, 0.42, 0.28, 0.55),
      line(2, 0.55, 0.45, 0.75, 0.65, 0.9, 0.8),
      line(2, 0.55, 0.12, 0.67, 0.2),
      line(3, 0.78, 0.15, 0.93, 0.25),
      line(3, 0.75, 0.38, 0.95, 0.41),
    ],
  },
  house: {
    classes: ["sky", "ground", "house"],
    scribbles: [
      line(0, 0.1, 0.1, 0.5, 0.2, 0.9, 0.15),
      line(0, 0.2, 0.38, 0.45, 0.42),
      line(0, 0.6, 0.05, 0.97, 0.05),
      line(0, 0.93, 0.3, 0.98, 0.42),
      line(1, 0.1, 0.75, 0.5, 0.85, 0.9, 0.75),
      line(1, 0.1, 0.6, 0.38, 0.6),
      line(1, 0.05, 0.66, 0.3, 0.66),
      line(2, 0.57, 0.4, 0.75, 0.5, 0.93, 0.48),
      line(2, 0.62, 0.32, 0.8, 0.35),
    ],
  },
  canyon: {
    classes: ["sky", "rock", "water"],
    scribbles: [
      line(0, 0.1, 0.1, 0.5, 0.15, 0.7, 0.1),
      line(1, 0.05, 0.35, 0.3, 0.48, 0.42, 0.4, 0.5, 0.45, 0.75, 0.4, 0.95, 0.2),
      line(1, 0.95, 0.84, 0.6, 0.85),
      line(1, 0.7, 0.92, 0.4, 0.97),
      line(1, 0.05, 0.95, 0.3, 0.97),
      line(1, 0.1, 0.55, 0.35, 0.55),
      line(2, 0.1, 0.7, 0.5, 0.72, 0.8, 0.75),
      line(2, 0.5, 0.65, 0.9, 0.67),
    ],
  },
  airplane: {
    classes: ["land", "airplane", "cloud"],
    scribbles: [
      line(0, 0.05, 0.08, 0.4, 0.1),
      line(0, 0.6, 0.12, 0.95, 0.12),
      line(0, 0.7, 0.8, 0.95, 0.6),
      line(0, 0.05, 0.95, 0.35, 0.85),
      line(0, 0.2, 0.2, 0.44, 0.19),
      line(0, 0.6, 0.56, 0.62, 0.85),
      line(0, 0.66, 0.6, 0.95, 0.55),
      line(0, 0.44, 0.78, 0.38, 0.95),
      line(0, 0.48, 0.52, 0.46, 0.6),
      line(0, 0.7, 0.96, 0.95, 0.9),
      line(1, 0.22, 0.35, 0.9, 0.37),
      line(1, 0.21, 0.45, 0.9, 0.44),
      line(1, 0.53, 0.25, 0.53, 0.95),
      line(1, 0.45, 0.92, 0.63, 0.92),
      line(2, 0.1, 0.5, 0.2, 0.6, 0.15, 0.7),
      line(2, 0.35, 0.6, 0.42, 0.72),
    ],
  },
  allium: {
    classes: ["paper", "flower"],
    scribbles: [
      line(0, 0.08, 0.08, 0.9, 0.06),
      line(0, 0.12, 0.6, 0.2, 0.9),
      line(0, 0.85, 0.55, 0.8, 0.9),
      line(1, 0.15, 0.24, 0.35, 0.25, 0.5, 0.4, 0.52, 0.6, 0.54, 0.95),
      line(1, 0.4, 0.2, 0.38, 0.3),
      line(1, 0.62, 0.2, 0.6, 0.35, 0.75, 0.25),
      line(1, 0.92, 0.2, 0.8, 0.32),
    ],
  },
  acanthus: {
    classes: ["paper", "plant"],
    scribbles: [
      line(0, 0.08, 0.1, 0.25, 0.15),
      line(0, 0.75, 0.1, 0.92, 0.6),
      line(0, 0.12, 0.5, 0.2, 0.95),
      line(0, 0.7, 0.95, 0.85, 0.92),
      line(1, 0.5, 0.08, 0.52, 0.3, 0.5, 0.6, 0.51, 0.95),
      line(1, 0.2, 0.25, 0.4, 0.29),
      line(1, 0.65, 0.25, 0.8, 0.19),
      line(1, 0.2, 0.42, 0.4, 0.5),
      line(1, 0.2, 0.75, 0.42, 0.88),
    ],
  },
};
