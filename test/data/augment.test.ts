import { describe, expect, test } from "vitest";
import { augment } from "../../src/data/augment.ts";
import type { LabeledImage } from "../../src/data/labeledImage.ts";
import { random } from "../suite.ts";

const [height, width] = [7, 10];

/** A ramp, whose bilinear samples are known in closed form, and labels of one a pixel. */
function ramp(): LabeledImage {
  const values = new Float32Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    values.set([10 * x + y, 100 + 3 * x - 2 * y, 50 + 5 * y], pixel * 3);
  }
  return { image: { height, width, values }, labels: Uint8Array.from({ length: height * width }, (_, i) => i) };
}

/** Numbers from a list, then ½, which stands for no change. */
const numbers =
  (...list: number[]) =>
  () =>
    list.shift() ?? 0.5;

describe("augmentation", () => {
  test("without options gives the same image", () => {
    const item = ramp();
    expect(augment(item, {}, numbers())).toEqual(item);
  });

  test("flips exactly, and twice is the original", () => {
    const item = ramp();
    const once = augment(item, { flip: true }, numbers(0.2));
    expect(once.labels[0]).toBe(9);
    expect(once.image.values[0]).toBe(90);
    expect(augment(once, { flip: true }, numbers(0.2))).toEqual(item);
    expect(augment(item, { flip: true }, numbers(0.7))).toEqual(item);
  });

  test("enlarges about the center; nothing comes from outside", () => {
    const { image, labels } = augment(ramp(), { scale: 2 }, numbers(1));
    expect(labels).not.toContain(255);
    // Center (5, 3.5); pixel (9, 3) has its center at (9.5, 3.5), which shows (5 + 4.5/2, 3.5), half a pixel less as index.
    expect(image.values[(3 * width + 9) * 3]).toBeCloseTo(10 * 6.75 + 3, 4);
    expect(labels[3 * width + 9]).toBe(3 * width + 7);
  });

  test("reduces, with 255 for labels that would come from outside and the border's color repeated", () => {
    const { image, labels } = augment(ramp(), { scale: 2 }, numbers(0));
    expect(labels[0]).toBe(255);
    expect([...image.values.slice(0, 3)]).toEqual([...ramp().image.values.slice(0, 3)]);
    expect(labels.filter((label) => label !== 255).length).toBeLessThan((height * width) / 3);
  });

  test("cuts a window out, anywhere and no larger than the image", () => {
    // 7 × 10 pixels: windows of 4 have 4 places down and 7 across; 0.99 is the last of each.
    const { image, labels } = augment(ramp(), { crop: 4 }, numbers(0.99, 0.5));
    expect([image.height, image.width]).toEqual([4, 4]);
    expect([...labels.slice(0, 4)]).toEqual([33, 34, 35, 36]); // row 3, column 3
    expect([...image.values.slice(0, 3)]).toEqual([10 * 3 + 3, 100 + 9 - 6, 65]);
    const wide = augment(ramp(), { crop: 8 }, numbers(0, 0.99));
    expect([wide.image.height, wide.image.width, wide.labels[0]]).toEqual([7, 8, 2]);
    expect(augment(ramp(), { crop: 64 }, numbers())).toEqual(ramp());
  });

  test("moves a window to where something counts", () => {
    const { image } = ramp();
    const labels = new Uint8Array(70).fill(255);
    labels[6 * 10 + 8] = 1;
    const cut = augment({ image, labels }, { crop: 3 }, numbers(0, 0, 0.7));
    // About row 6, column 8: rows 4 to 6 and columns 7 to 9 are as near as the border allows.
    expect([...cut.labels]).toEqual([255, 255, 255, 255, 255, 255, 255, 1, 255]);
    expect(cut.image.values[0]).toBe(10 * 7 + 4);
  });

  test("turns by the angle it says: a point on the axis goes where the sine and cosine put it", () => {
    const { image } = augment(ramp(), { rotation: 30 }, numbers(0.5, 0.5, 0.5, 1)); // after zoom and two shifts
    const [cosine, sine] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    const [dx, dy] = [6.5 - 5, 4.5 - 3.5];
    const [x, y] = [5 + cosine * dx - sine * dy - 0.5, 3.5 + sine * dx + cosine * dy - 0.5];
    expect(image.values[(4 * width + 6) * 3]).toBeCloseTo(10 * x + y, 3);
  });

  test("color changes leave labels alone and stay within 0…255; gray stays gray", () => {
    const gray = { ...ramp(), image: { height, width, values: new Float32Array(height * width * 3).fill(200) } };
    for (let seed = 0; seed < 20; seed++) {
      const { image, labels } = augment(gray, { color: 0.9 }, random(seed).uniform);
      expect(labels).toEqual(gray.labels);
      const [red, green, blue] = image.values;
      expect(Math.max(Math.abs(red! - green!), Math.abs(red! - blue!))).toBeLessThan(1e-4);
      expect(red).toBeGreaterThanOrEqual(0);
      expect(red).toBeLessThanOrEqual(255);
    }
  });

  test("saturation keeps the brightness", () => {
    const { image } = augment(ramp(), { color: 0.5 }, numbers(0.5, 0.5, 0));
    const brightness = (v: Float32Array) => 0.299 * v[30]! + 0.587 * v[31]! + 0.114 * v[32]!;
    expect(brightness(image.values)).toBeCloseTo(brightness(ramp().image.values), 3);
  });

  test("the same numbers give the same variation", () => {
    const all = { flip: true, scale: 1.4, rotation: 20, shear: 10, shift: 0.1, color: 0.3 };
    const vary = (seed: number) => augment(ramp(), all, random(seed).uniform);
    expect(vary(3)).toEqual(vary(3));
    expect(vary(3)).not.toEqual(vary(4));
  });
});
