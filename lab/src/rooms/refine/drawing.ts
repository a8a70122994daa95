/** A part of the picture, in pixels. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The label of pixels that nobody drew on. */
export const nothing = 255;

/** What goes back and forth with the labels: the classes that they name. */
interface Companion {
  readonly undo: () => void;
  readonly redo: () => void;
}

interface Edit {
  readonly area: Area;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly companion?: Companion;
}

/** What undo keeps, in bytes: some hundred strokes over a whole picture. */
const mostKept = 2 ** 26;

/**
 * The labels that were drawn on a picture, 255 where nothing was, and the way back. A change begins, goes through any number of
 * steps, and ends; undo takes back the whole of it. Steps tell the area that they changed, so that only that is painted again.
 */
export class Drawing {
  readonly width: number;
  readonly height: number;
  readonly labels: Uint8Array<ArrayBuffer>;
  #done: Edit[] = [];
  #undone: Edit[] = [];
  #before: Uint8Array | undefined;
  #changed: Area | undefined;

  constructor(width: number, height: number, labels?: ArrayLike<number>) {
    this.width = width;
    this.height = height;
    this.labels = labels ? Uint8Array.from(labels) : new Uint8Array(width * height).fill(nothing);
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** How many pixels have a label. */
  count(): number {
    let count = 0;
    for (const label of this.labels) count += Number(label !== nothing);
    return count;
  }

  get whole(): Area {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  begin(): void {
    this.end();
    this.#before = this.labels.slice();
  }

  /** Ends a change; one that changed nothing leaves no trace. */
  end(companion?: Companion): void {
    const [before, area] = [this.#before, this.#changed];
    this.#before = this.#changed = undefined;
    if (!before || (!area && !companion)) return;
    const where = area ?? { x: 0, y: 0, width: 0, height: 0 };
    const edit = { area: where, before: this.#cut(before, where), after: this.#cut(this.labels, where), companion };
    if (!companion && edit.before.every((label, i) => label === edit.after[i])) return;
    this.#done.push(edit);
    this.#undone = [];
    let kept = 0;
    const oldest = this.#done.findLastIndex(({ before: { length } }) => (kept += 2 * length) > mostKept);
    this.#done.splice(0, oldest + 1);
  }

  /** Draws a line with a round pen. */
  stroke(from: Point, to: Point, radius: number, label: number): Area | undefined {
    const reach = Math.max(radius, 0.5);
    const area = this.#within(
      Math.floor(Math.min(from.x, to.x) - reach),
      Math.floor(Math.min(from.y, to.y) - reach),
      Math.ceil(Math.max(from.x, to.x) + reach),
      Math.ceil(Math.max(from.y, to.y) + reach),
    );
    if (!area) return undefined;
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const square = dx * dx + dy * dy;
    for (let y = area.y; y < area.y + area.height; y++) {
      for (let x = area.x; x < area.x + area.width; x++) {
        const [px, py] = [x + 0.5 - from.x, y + 0.5 - from.y];
        const along = square === 0 ? 0 : Math.min(Math.max((px * dx + py * dy) / square, 0), 1);
        if ((px - along * dx) ** 2 + (py - along * dy) ** 2 <= reach * reach) this.labels[y * this.width + x] = label;
      }
    }
    return this.#touched(area);
  }

  /** Fills what hangs together and has the label of a pixel: the inside of an outline, or what was drawn in another class. */
  fillRegion(at: Point, label: number): Area | undefined {
    const start = this.#indexOf(at);
    if (start === undefined || this.labels[start] === label) return undefined;
    const from = this.labels[start]!;
    return this.#flood(start, label, (pixel) => this.labels[pixel] === from);
  }

  /** Fills what hangs together and has about the color of a pixel; `pixels` are red, green, blue and alpha. */
  fillColor(at: Point, label: number, pixels: Uint8ClampedArray, tolerance: number): Area | undefined {
    const start = this.#indexOf(at);
    if (start === undefined) return undefined;
    const [red, green, blue] = [pixels[4 * start]!, pixels[4 * start + 1]!, pixels[4 * start + 2]!];
    const most = tolerance * tolerance * 3;
    return this.#flood(start, label, (pixel) => {
      const [r, g, b] = [pixels[4 * pixel]! - red, pixels[4 * pixel + 1]! - green, pixels[4 * pixel + 2]! - blue];
      return r * r + g * g + b * b <= most;
    });
  }

  /** Puts other labels in the place of all: a map that was loaded, or nothing. */
  replace(labels: ArrayLike<number> | ((label: number) => number)): Area {
    if (typeof labels === "function") this.labels.forEach((label, i) => (this.labels[i] = labels(label)));
    else this.labels.set(labels);
    return this.#touched(this.whole);
  }

  undo(): Area | undefined {
    this.end();
    const edit = this.#done.pop();
    if (!edit) return undefined;
    this.#undone.push(edit);
    this.#paste(edit.before, edit.area);
    edit.companion?.undo();
    return edit.area;
  }

  redo(): Area | undefined {
    this.end();
    const edit = this.#undone.pop();
    if (!edit) return undefined;
    this.#done.push(edit);
    this.#paste(edit.after, edit.area);
    edit.companion?.redo();
    return edit.area;
  }

  #flood(start: number, label: number, belongs: (pixel: number) => boolean): Area {
    const { width, height } = this;
    const seen = new Uint8Array(width * height);
    const stack = [start];
    let [left, top, right, bottom] = [width, height, 0, 0];
    seen[start] = 1;
    const visit = (pixel: number): void => {
      if (seen[pixel] === 0 && belongs(pixel)) stack.push(pixel);
      seen[pixel] = 1;
    };
    while (stack.length > 0) {
      const pixel = stack.pop()!;
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      this.labels[pixel] = label;
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
      if (x > 0) visit(pixel - 1);
      if (x < width - 1) visit(pixel + 1);
      if (y > 0) visit(pixel - width);
      if (y < height - 1) visit(pixel + width);
    }
    return this.#touched({ x: left, y: top, width: right - left + 1, height: bottom - top + 1 });
  }

  #indexOf({ x, y }: Point): number | undefined {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const inside = column >= 0 && row >= 0 && column < this.width && row < this.height;
    return inside ? row * this.width + column : undefined;
  }

  #within(left: number, top: number, right: number, bottom: number): Area | undefined {
    const [x, y] = [Math.max(left, 0), Math.max(top, 0)];
    const [width, height] = [Math.min(right, this.width) - x, Math.min(bottom, this.height) - y];
    return width > 0 && height > 0 ? { x, y, width, height } : undefined;
  }

  #touched(area: Area): Area {
    this.#changed = this.#changed ? union(this.#changed, area) : area;
    return area;
  }

  #cut(labels: Uint8Array, { x, y, width, height }: Area): Uint8Array {
    const part = new Uint8Array(width * height);
    for (let row = 0; row < height; row++) {
      const from = (y + row) * this.width + x;
      part.set(labels.subarray(from, from + width), row * width);
    }
    return part;
  }

  #paste(part: Uint8Array, { x, y, width, height }: Area): void {
    for (let row = 0; row < height; row++) {
      this.labels.set(part.subarray(row * width, (row + 1) * width), (y + row) * this.width + x);
    }
  }
}

/** The smallest area that holds both. */
export function union(one: Area, other: Area): Area {
  const [x, y] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
  return {
    x,
    y,
    width: Math.max(one.x + one.width, other.x + other.width) - x,
    height: Math.max(one.y + one.height, other.y + other.height) - y,
  };
}
