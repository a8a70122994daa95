import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { annotationScores } from "../../src/pictures/annotationScores.ts";
import { refine } from "../../src/pictures/refine.ts";
import { decodeImage } from "../../src/data/images.ts";
import { decodeNpy, encodeNpy } from "../../src/data/npy.ts";
import { decodeLabelPng, encodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import { open } from "../../src/device/open.ts";
import { makeModel } from "../bridges/colorModel.ts";
import { makePicture } from "../bridges/colorNetwork.ts";
import { root } from "../hosts/folders.ts";
import { button, openRefine, type RefineRoom } from "./refineRoom.ts";
import { type Lab, visitLab } from "./visit.ts";

const run = promisify(execFile);

/** Small, so that a result takes some ten milliseconds. */
const small = "picture=house&size=128";

/** The files of “All its files”. */
async function archive(room: RefineRoom): Promise<Record<string, Uint8Array>> {
  await room.settled();
  return unzipSync(await room.download("All its files"));
}

interface Values {
  readonly thetaAlpha?: number;
  readonly iterations?: number;
  readonly compatibility?: readonly number[];
}

/** The labels that the library finds in Node, and by how much the best class is ahead of the next, in probability. */
async function byLibrary(files: Record<string, Uint8Array>, classes: number, values: Values = {}) {
  const device = await open({ prefer: "wasm", threads: 1 });
  try {
    const { width, height, values: data } = await decodeImage(files["photograph.png"]!, "photograph.png");
    const scores = files["scores.npy"]
      ? decodeNpy(files["scores.npy"], "scores.npy")
      : annotationScores(decodeLabelPng(files["drawing.png"]!, "drawing.png"), { classes, confidence: 0.9 });
    const { labels, marginals } = await refine(device, { data, width, height }, scores, {
      iterations: values.iterations ?? 5,
      bilateral: { position: values.thetaAlpha ?? 60, color: 10, weight: 10 },
      spatial: { position: 3, weight: 3 },
      compatibility: values.compatibility ?? "potts",
      marginals: true,
      warnings: false,
    });
    return { labels, marginals: marginals!, classes };
  } finally {
    device.dispose();
  }
}

/**
 * Labels are the same, but where two classes are as good as each other: the page's WebAssembly and the GPU may round otherwise than that of Node,
 * which has no relaxed SIMD.
 */
function expectSame(found: Uint8Array, { labels, marginals, classes }: Awaited<ReturnType<typeof byLibrary>>): void {
  expect(found.length).toBe(labels.length);
  const worse = Uint8Array.from(labels).reduce((most, label, pixel) => {
    const [mine, theirs] = [marginals[pixel * classes + found[pixel]!]!, marginals[pixel * classes + label]!];
    return Math.max(most, theirs - mine);
  }, 0);
  expect(worse).toBeLessThan(1e-3);
}

const labelsOf = (bytes: Uint8Array): Uint8Array => decodeLabelPng(bytes, "labels.png").labels;

/** Draws sky, ground and house anew, with the mouse. */
async function drawHouse(room: RefineRoom): Promise<void> {
  await room.press("Clear the drawing");
  await room.page.keyboard.press("1");
  await room.stroke([
    [0.1, 0.1],
    [0.5, 0.2],
    [0.9, 0.12],
  ]);
  await room.page.keyboard.press("2");
  await room.stroke([
    [0.1, 0.75],
    [0.5, 0.85],
    [0.9, 0.75],
  ]);
  await room.page.keyboard.press("3");
  await room.stroke([
    [0.58, 0.42],
    [0.93, 0.5],
  ]);
}

describe("what is drawn with the mouse", () => {
  const compare = async (lab: Lab, device: string): Promise<void> => {
    const room = await openRefine(lab, `#refine?device=${device}&${small}`);
    await drawHouse(room);
    const files = await archive(room);
    const drawn = decodeLabelPng(files["drawing.png"]!, "drawing.png");
    const at = (x: number, y: number): number =>
      drawn.labels[Math.floor(y * drawn.height) * drawn.width + Math.floor(x * drawn.width)]!;
    expect([at(0.3, 0.15), at(0.3, 0.8), at(0.755, 0.46), at(0.3, 0.45)]).toEqual([0, 1, 2, 255]);
    const found = labelsOf(files["labels.png"]!);
    expectSame(found, await byLibrary(files, 3));
    expect(new Set(found)).toEqual(new Set([0, 1, 2]));
    expect(labelsOf(await room.download("Label map"))).toEqual(found);
    expect(await room.notices()).toEqual([]);
    expect(room.complaints).toEqual([]);
  };

  test("gets the library's labels on WebAssembly, with one thread where the page is not isolated", () =>
    visitLab({ isolated: false }, (lab) => compare(lab, "wasm")));

  test("gets them with threads where it is", () => visitLab({}, (lab) => compare(lab, "wasm&threads=2")));

  test("gets them on WebGPU", () => visitLab({ webgpu: true }, (lab) => compare(lab, "webgpu")));
});

test("the exported command and program make the page's labels in Node", () =>
  visitLab({}, async (lab) => {
    const hash = `#refine?device=wasm&${small}&thetaAlpha=40&iterations=7&normalization=symmetric&compatibility=-1,0.5,0,0.5,-1,0,0,0,-1.5`;
    const room = await openRefine(lab, hash);
    await drawHouse(room);
    const files = await archive(room);
    // Within the repository, whose package the program finds by its name.
    const folder = await mkdtemp(join(root, "build/lab/exported-"));
    try {
      for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
      const program = join(folder, "refine.mjs");
      const bin = join(folder, "bin");
      await mkdir(bin);
      await writeFile(join(bin, "npx"), `#!/bin/sh\nshift\nexec node ${join(root, "dist/cli.js")} "$@"\n`, {
        mode: 0o755,
      });
      const wanted = labelsOf(files["labels.png"]!);
      await run("sh", [join(folder, "refine.sh")], {
        cwd: folder,
        env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
      });
      const byCommand = labelsOf(await readFile(join(folder, "refined.png")));
      await rm(join(folder, "refined.png"));
      await run("node", [program], { cwd: folder });
      expect(labelsOf(await readFile(join(folder, "refined.png")))).toEqual(byCommand);
      const differing = byCommand.filter((label, pixel) => label !== wanted[pixel]).length;
      expect(differing).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(room.complaints).toEqual([]);
  }));

test("each slider changes the result, and only bandwidths build lattices anew", () =>
  visitLab({}, async (lab) => {
    const room = await openRefine(lab, `#refine?device=wasm&${small}`);
    const { page } = room;
    const sliders = [
      ["Distance θα", "thetaAlpha", ["kept", "built"]],
      ["Color θβ", "thetaBeta", ["kept", "built"]],
      ["Distance θγ", "thetaGamma", ["built", "kept"]],
      ["Weight W_b", "bilateralWeight", ["kept", "kept"]],
      ["Weight W_s", "spatialWeight", ["kept", "kept"]],
      ["Iterations T", "iterations", ["kept", "kept"]],
      ["Confidence", "confidence", ["kept", "kept"]],
    ] as const;
    for (const [label, name, lattices] of sliders) {
      const before = await room.layer("found");
      const slider = `::-p-xpath(//div[contains(@class,'field')][.//label[normalize-space()='${label}']]//input[@type='range'])`;
      await page.focus(slider);
      await page.keyboard.press("PageUp");
      if (name === "confidence") for (let i = 0; i < 3; i++) await page.keyboard.press("PageDown");
      await room.settled();
      expect(await room.layer("found"), label).not.toBe(before);
      const kept = await Promise.all(["Spatial lattice", "Bilateral lattice"].map((one) => room.figure(one)));
      expect(kept.map((text) => (text === "kept" ? "kept" : "built"))).toEqual(lattices);
      await page.waitForFunction((part) => location.hash.includes(part), {}, `${name}=`);
      await room.press(
        await page
          .$eval(slider, (input) => `Reset ${(input as HTMLInputElement).labels![0]!.textContent}`)
          .then(async (start) =>
            page.$$eval(
              "button",
              (all, from) => all.map((one) => one.ariaLabel ?? "").find((text) => text.startsWith(from))!,
              start,
            ),
          ),
      );
      await room.settled();
      expect(await room.layer("found"), `${label} as it was`).toBe(before);
    }
    // Normalization and the matrix use the lattices again, too.
    const before = await room.layer("found");
    await page.click("::-p-xpath(//label[normalize-space()='symmetric'])");
    await room.settled();
    expect(await room.figure("Bilateral lattice")).toBe("kept");
    await page.click("::-p-xpath(//summary[.//h2[text()='Compatibility']])");
    await page.focus("[data-cell='0,1']");
    await page.keyboard.type("-0.9");
    await page.keyboard.press("Enter");
    await page.waitForFunction("location.hash.includes('compatibility=-1,-0.9')");
    await room.settled();
    expect(await room.figure("Spatial lattice")).toBe("kept");
    expect(await room.layer("found")).not.toBe(before);
    expect(room.complaints).toEqual([]);
  }));

test("undo and redo, classes, fill and eraser, and all of it by keys alone", () =>
  visitLab({}, async (lab) => {
    const room = await openRefine(lab, `#refine?device=wasm&${small}`);
    const { page } = room;
    const example = await room.layer("strokes");
    await room.press("Clear the drawing");
    await room.settled();
    expect(await room.caption()).toMatch(/^Draw some lines/);
    const empty = await room.layer("strokes");
    await page.focus(".refine-picture");
    await page.keyboard.press("2");
    await page.keyboard.down("Space");
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.up("Space");
    const drawn = await room.layer("strokes");
    expect(drawn).not.toBe(empty);
    const chord = async (keys: readonly ("Control" | "Shift")[], key: "z" | "Z"): Promise<void> => {
      for (const one of keys) await page.keyboard.down(one);
      await page.keyboard.press(key);
      for (const one of keys) await page.keyboard.up(one);
    };
    await chord(["Control"], "z");
    expect(await room.layer("strokes")).toBe(empty);
    await chord(["Control"], "z");
    expect(await room.layer("strokes")).toBe(example);
    await chord(["Control", "Shift"], "Z");
    await chord(["Control", "Shift"], "Z");
    expect(await room.layer("strokes")).toBe(drawn);
    await page.keyboard.press("e");
    await page.focus(".refine-picture");
    for (let i = 0; i < 30; i++) await page.keyboard.press("]");
    await page.keyboard.press("Space");
    expect(await room.layer("strokes")).toBe(empty);
    // Fill takes all that hangs together: the whole picture.
    await page.keyboard.press("f");
    await page.keyboard.press("1");
    await page.keyboard.press("Space");
    await room.view("Drawing");
    expect(await room.caption()).toBe("100 % of the pixels are drawn on.");
    await room.press("Add a class");
    expect(await page.$$eval(".class-row", (all) => all.length)).toBe(4);
    await page.keyboard.press("s");
    await room.stroke([[0.3, 0.1]]);
    await room.press("Remove class 3");
    expect(await page.$$eval(".class-row", (all) => all.length)).toBe(3);
    await chord(["Control"], "z");
    expect(await page.$$eval(".class-row", (all) => all.length)).toBe(4);
    await page.$eval("[aria-label='Name of class 3']", (input) => {
      (input as HTMLInputElement).value = "cloud";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await page.waitForFunction("location.hash.includes('cloud')");
    expect(room.complaints).toEqual([]);
  }));

test("views show different things, a wipe stands between before and after, and an enlarged picture is drawn on where one sees", () =>
  visitLab({}, async (lab) => {
    const room = await openRefine(lab, `#refine?device=wasm&${small}`);
    const { page } = room;
    const seen: string[] = [];
    for (const name of ["Result", "Confidence", "Difference"]) {
      await room.view(name);
      await page.waitForFunction(
        (view) => location.hash.includes(`view=${view}`) || view === "result",
        {},
        name.toLowerCase(),
      );
      seen.push(await room.layer("found"));
    }
    expect(new Set(seen).size).toBe(3);
    expect(await room.caption()).toMatch(/^\d+\.\d % of the [\d,]+ pixels that had a class got another\.$/);
    await room.view("Photograph");
    expect(await page.$eval(".refine-found", (canvas) => getComputedStyle(canvas).visibility)).toBe("hidden");
    await room.view("Result");
    await room.press("Wipe between before and after");
    await page.focus(".refine-wipe");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction("location.hash.includes('wipe=52')");
    expect(await page.$eval(".refine-found", (canvas) => getComputedStyle(canvas).clipPath)).toBe(
      "inset(0px 0px 0px 52%)",
    );
    await room.press("Wipe between before and after");

    await room.press("Clear the drawing");
    for (let i = 0; i < 3; i++) await room.press("Larger");
    const stage = (await (await page.$(".refine-stage"))!.boundingBox())!;
    const middle = [stage.x + stage.width / 2, stage.y + stage.height / 2] as const;
    await page.mouse.move(...middle);
    await page.keyboard.down("Control");
    await page.mouse.wheel({ deltaY: -100 });
    await page.keyboard.up("Control");
    await page.mouse.wheel({ deltaX: 90, deltaY: -60 });
    // The place under the pointer, by where the picture's edges are now.
    const box = (await room.picture.boundingBox())!;
    await page.mouse.down();
    await page.mouse.up();
    const files = await archive(room);
    const { labels, width, height } = decodeLabelPng(files["drawing.png"]!, "drawing.png");
    const [x, y] = [((middle[0] - box.x) / box.width) * width, ((middle[1] - box.y) / box.height) * height];
    expect(Math.hypot(x - width / 2, y - height / 2)).toBeGreaterThan(3);
    expect(labels[Math.floor(y) * width + Math.floor(x)]).toBe(1);
    const drawn = labels.reduce<number[]>((all, label, pixel) => (label === 1 ? [...all, pixel] : all), []);
    const mean = drawn.reduce((sum, pixel) => sum + (pixel % width) + 0.5, 0) / drawn.length;
    expect(Math.abs(mean - x)).toBeLessThan(0.75);
    expect(room.complaints).toEqual([]);
  }));

test("a finger draws, and a pen as wide as it is pressed; another device goes on with what is drawn", () =>
  visitLab({}, async (lab) => {
    const room = await openRefine(lab, `#refine?device=wasm&threads=1&${small}`, { size: [360, 740], touch: true });
    const { page } = room;
    await room.press("Clear the drawing");
    await room.settled();
    const box = (await room.picture.boundingBox())!;
    const at = (x: number, y: number): [number, number] => [box.x + x * box.width, box.y + y * box.height];
    const finger = await page.touchscreen.touchStart(...at(0.1, 0.1));
    await finger.move(...at(0.8, 0.15));
    await finger.end();
    const press = (pressure: number, y: number): Promise<void> =>
      room.picture.evaluate(
        (picture, pressed, [x, top]) => {
          const event = (name: string): PointerEvent =>
            new PointerEvent(name, {
              pointerId: 1,
              pointerType: "pen",
              pressure: pressed,
              clientX: x,
              clientY: top,
              bubbles: true,
              cancelable: true,
            });
          (picture as HTMLElement).setPointerCapture = () => {};
          picture.dispatchEvent(event("pointerdown"));
          picture.dispatchEvent(event("pointerup"));
        },
        pressure,
        at(0.5, y),
      );
    await press(0.1, 0.5);
    await press(1, 0.8);
    await room.settled();
    const files = await archive(room);
    const drawn = decodeLabelPng(files["drawing.png"]!, "drawing.png");
    const rows = (from: number, to: number): number =>
      drawn.labels
        .subarray(Math.floor(from * drawn.height) * drawn.width, Math.floor(to * drawn.height) * drawn.width)
        .filter((label) => label === 1).length;
    expect(rows(0, 0.3)).toBeGreaterThan(500);
    // The area grows with the square of the pressure: a tenth of the width is a hundredth of the area.
    expect(rows(0.4, 0.6)).toBeLessThan(12);
    expect(rows(0.6, 1)).toBeGreaterThan(300);

    const before = await room.layer("found");
    await page.evaluate("location.hash = location.hash.replace('threads=1', 'threads=2')");
    await page.waitForFunction("document.querySelector('.chip-text').textContent.includes('2 threads')");
    expect(await room.layer("found")).toBe(before);
    expect(await room.figure("Spatial lattice")).not.toBe("kept");
    expect(room.complaints).toEqual([]);
  }));

test("iterations play, and each is what as many iterations give", () =>
  visitLab({}, async (lab) => {
    const room = await openRefine(lab, `#refine?device=wasm&${small}`);
    const { page } = room;
    const player = ".refine-player input";
    await page.focus(player);
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowLeft");
    await page.waitForFunction("document.querySelector('.refine-caption').textContent.includes('after 2 iterations')");
    await page.waitForFunction("document.querySelector('.refine-player').dataset.whole === 'true'", {
      timeout: 60_000,
    });
    const second = await room.layer("found");
    await page.focus(
      "::-p-xpath(//div[contains(@class,'field')][.//label[text()='Iterations T']]//input[@type='text'])",
    );
    await page.keyboard.type("2");
    await page.keyboard.press("Enter");
    await room.settled();
    expect(await room.caption()).toBe("The result after 2 iterations.");
    expect(await room.layer("found")).toBe(second);
    await room.press("Play the iterations");
    await page.waitForFunction("document.querySelector('.refine-player input').value === '20'", { timeout: 60_000 });
    expect(await room.caption()).toBe("The result after 20 iterations.");
    expect(await room.layer("found")).not.toBe(second);
    expect(room.complaints).toEqual([]);
  }));

test("files are taken by drop and by button: photographs upright, label maps, logits; bad ones end in a sentence", () =>
  visitLab({}, async (lab) => {
    const room = await openRefine(lab, `#refine?device=wasm&${small}`);
    const { page } = room;
    const size = (): Promise<string> =>
      page.$eval(
        "::-p-xpath(//details[.//h2[text()='Picture']]//*[@class='panel-aside'])",
        (one) => one.textContent ?? "",
      );

    // 40 × 30 pixels, lying on its side by EXIF: viewers show 30 × 40.
    const gradient = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 7) % 256);
    const jpeg = await sharp(gradient, { raw: { width: 40, height: 30, channels: 3 } })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer();
    await room.drop({ "side.jpg": jpeg });
    await page.waitForFunction("document.querySelector('.refine-found')?.width === 30");
    expect(await size()).toBe("30 × 40");
    expect(await room.caption()).toMatch(/^Draw some lines/);

    const photograph = new Uint8Array(24 * 16 * 3).map((_, i) => (i % 72 < 36 ? 200 : 30));
    const labels = new Uint8Array(24 * 16).fill(255);
    labels.fill(0, 3 * 24 + 2, 3 * 24 + 8).fill(2, 9 * 24 + 15, 9 * 24 + 21);
    const palette = [
      [10, 20, 30],
      [200, 0, 0],
      [0, 0, 200],
    ] as const;
    await room.drop({
      "labels.png": encodeLabelPng({ width: 24, height: 16, labels, palette }),
      "photograph.png": encodeRgbPng(16, 24, photograph),
    });
    await page.waitForFunction("document.querySelector('.refine-found')?.width === 24");
    await page.waitForFunction(
      "[...document.querySelectorAll('.notice p')].some((p) => p.textContent.includes('label map of 3 classes'))",
    );
    const files = await archive(room);
    expect(labelsOf(files["drawing.png"]!)).toEqual(labels);
    expect(decodeLabelPng(files["drawing.png"]!, "drawing.png").palette![2]).toEqual([0, 0, 200]);
    expectSame(labelsOf(files["labels.png"]!), await byLibrary(files, 3));

    // Logits, channels first, of half the size.
    const logits = Float32Array.from({ length: 4 * 8 * 12 }, (_, i) => Math.sin(i * 1.7) * 3);
    await room.drop({ "logits.npy": encodeNpy({ shape: [1, 4, 8, 12], data: logits }) });
    await page.waitForFunction("document.querySelectorAll('.class-row').length === 4");
    await room.press("Clear the drawing");
    const scored = await archive(room);
    expect(decodeNpy(scored["scores.npy"]!, "scores.npy").shape).toEqual([16, 24, 4]);
    expectSame(labelsOf(scored["labels.png"]!), await byLibrary(scored, 4));

    const bad: [string, Uint8Array, RegExp][] = [
      ["notes.txt", Buffer.from("not a picture"), /^Error: notes\.txt could not be read as a picture/],
      ["broken.npy", Buffer.from("\x93NUMPY"), /broken\.npy/],
      [
        "flat.npy",
        encodeNpy({ shape: [3], data: new Float32Array(3) }),
        /flat\.npy holds an array \[3\], expected labels/,
      ],
      ["nan.npy", encodeNpy({ shape: [2, 2, 2], data: new Float32Array(8).fill(NaN) }), /nan\.npy holds NaN/],
      [
        "half.npy",
        encodeNpy({ shape: [16, 24], data: new Float32Array(384).fill(0.5) }),
        /half\.npy holds 0\.5 at row 0/,
      ],
      [
        "small.npy",
        encodeNpy({ shape: [2, 2], data: new Uint8Array(4) }),
        /small\.npy has 2 × 2 labels, expected 24 × 16/,
      ],
      [
        "void.npy",
        encodeNpy({ shape: [16, 24], data: new Uint8Array(384).fill(255) }),
        /void\.npy says 255 everywhere/,
      ],
    ];
    for (const [name, bytes, sentence] of bad) {
      await room.drop({ [name]: bytes });
      await page.waitForFunction(
        (part) => [...document.querySelectorAll("[role=alert] .notice p")].some((p) => p.textContent.includes(part)),
        {},
        name,
      );
      expect((await room.notices()).at(-1)?.replace(/^Error: (?=.*\.npy)/, "") ?? "").toMatch(sentence);
    }
    // What is there stays.
    expect(await size()).toBe("24 × 16");
    expect(room.complaints).toEqual([]);
  }));

test("a network in ONNX gives the scores, and a file that is none a sentence", () =>
  visitLab({}, async (lab) => {
    const room = await openRefine(lab, `#refine?device=wasm&${small}`);
    const { page } = room;
    const { data, width, height } = makePicture();
    await room.drop({ "colors.png": encodeRgbPng(height, width, data) });
    await page.waitForFunction("document.querySelector('.refine-found')?.width === 52");
    await room.drop({ "broken.onnx": new Uint8Array(40).fill(7) });
    await page.waitForFunction(
      "[...document.querySelectorAll('[role=alert] .notice p')].some((p) => p.textContent.includes('broken.onnx could not be opened'))",
    );
    await room.drop({ "colors.onnx": makeModel() });
    await page.waitForSelector(".refine-dialog[open]");
    expect(await page.$eval(".refine-dialog", ({ textContent }) => textContent)).toContain("in 48 × 32 pixels");
    expect(await room.barriers()).toEqual([]);
    await page.click(button("Run the network"));
    await page.waitForFunction("document.querySelectorAll('.class-row').length === 3");
    const files = await archive(room);
    const found = labelsOf(files["labels.png"]!);
    expectSame(found, await byLibrary(files, 3));
    // Reddish to the left, greenish in the middle, bluish to the right.
    expect([3, 26, 49].map((x) => found[20 * 52 + x])).toEqual([0, 1, 2]);
    expect(room.complaints).toEqual([]);
  }));

test("a mask, a cutout and an overlay are what is seen", () =>
  visitLab({}, async (lab) => {
    const room = await openRefine(lab, `#refine?device=wasm&${small}`);
    const files = await archive(room);
    const labels = labelsOf(files["labels.png"]!);
    const raw = (bytes: Uint8Array): Promise<Buffer> => sharp(bytes).ensureAlpha().raw().toBuffer();
    const photograph = await raw(files["photograph.png"]!);
    const [mask, cutout, overlay] = [
      await room.download("Mask"),
      await room.download("Cutout"),
      await room.download("Overlay"),
    ];
    const [masked, cut, over] = await Promise.all([raw(mask), raw(cutout), raw(overlay)]);
    const wrong = labels.filter((label, pixel) => {
      const own = label === 1;
      const differs = (from: Buffer, colors: ArrayLike<number>): boolean =>
        [0, 1, 2, 3].some((k) => from[pixel * 4 + k] !== (own ? colors[k] : 0));
      const color = photograph.subarray(pixel * 4, pixel * 4 + 4);
      return differs(masked, [255, 255, 255, 255]) || differs(cut, color) || over[pixel * 4 + 3] !== 255;
    });
    expect(wrong).toHaveLength(0);
    expect(labels.includes(1) && labels.includes(0)).toBe(true);
    expect(room.complaints).toEqual([]);
  }));

test("has no barriers and no jumps, at three sizes and in both schemes", () =>
  visitLab({}, async (lab) => {
    for (const [width, height] of [
      [360, 740],
      [820, 1100],
      [1440, 900],
    ] as const) {
      const room = await openRefine(lab, `#refine?device=wasm&threads=1&size=250`, {
        size: [width, height],
        touch: width === 360,
      });
      for (const scheme of ["light", "dark"] as const) {
        await room.dress(scheme);
        await room.screenshot(`refine-${width}-${scheme}`);
        expect(await room.barriers()).toEqual([]);
      }
      expect(await room.shifts()).toBe(0);
      expect(await room.page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      expect(room.complaints).toEqual([]);
      await room.page.close();
    }
  }));
