import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { expect, test } from "vitest";
import { bytesSource } from "../../src/checkpoint/checkpoint.ts";
import { encodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import { open } from "../../src/device/open.ts";
import {
  checkpointFile,
  drawShapes,
  memorySurroundings,
  openState,
  runTraining,
  shapeClasses,
  trainingConfiguration,
} from "../../src/train/train.ts";
import { crfRnn, Folder } from "../cli/command.ts";
import { tensorBytes } from "../train/tensorBytes.ts";
import { Learning, small } from "./learning.ts";
import { visitLab } from "./visit.ts";

test("fifty steps lower the loss; it pauses, goes a step, begins again, by keyboard alone", () =>
  visitLab({}, async (lab) => {
    const { page, complaints, notices } = await lab.open(`#learn?device=wasm&${small}`);
    const learning = new Learning(page);
    await learning.ready();
    expect(await learning.summary()).toBe(
      "Nothing has been learned yet: press “Train”. There are 8 pictures to learn from, of 4 classes.",
    );
    const client = await page.createCDPSession();
    await client.send("Performance.enable", { timeDomain: "threadTicks" });
    const busy = async (): Promise<number> =>
      (await client.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration")!.value;
    const focus = (words: string): Promise<void> =>
      page.$$eval("button", (all, name) => all.find(({ textContent }) => textContent === name)!.focus(), words);
    await focus("Train");
    await page.keyboard.press("Enter");
    await learning.until(10);
    const [before, began] = [await busy(), performance.now()];
    await learning.until(60);
    // What is painted takes a small part of the page's own thread; all else is the worker's.
    expect((await busy()) - before).toBeLessThan((0.4 * (performance.now() - began)) / 1000);
    // The button that began is now the one that pauses, and still has the focus.
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Pause");
    await page.keyboard.press("Space");
    await learning.ready();
    const paused = await learning.step();
    const [now, first] = await learning.losses();
    expect(first).toBeGreaterThan(1.2);
    expect(now).toBeLessThan(0.85 * first);
    expect(await learning.summary()).toMatch(/The mean IU is 0\.\d\d, and 0\.\d\d with the CRF\.$/);
    await focus("One step");
    await page.keyboard.press("Enter");
    await learning.until(paused + 1);
    await learning.ready();
    expect(await learning.step()).toBe(paused + 1);
    const shares = await page.$$eval(".learn-cell > span", (all) => all.map(({ textContent }) => textContent));
    expect(shares).toHaveLength(10);
    expect(shares.every((share) => /^\d+ %$/.test(share))).toBe(true);
    const matrix = (): Promise<number[]> =>
      page.$$eval(".learn-matrix:first-child td span", (all) =>
        all.map(({ textContent }) => Number(textContent.trim().replace("−", "-"))),
      );
    const changes = await matrix();
    await page.locator("::-p-aria(Values)").click();
    await page.waitForFunction("Number(document.querySelector('.learn-matrix td span').textContent) > 0.5");
    // Spatial weights begin at 1 on the diagonal; numbers have two digits.
    for (const [at, value] of (await matrix()).entries()) {
      expect(value - changes[at]!).toBeCloseTo(at % 5 === 0 ? 1 : 0, 1);
    }
    expect(changes.some((change) => change !== 0)).toBe(true);
    expect(await page.$eval(".learn-theta-value", ({ textContent }) => textContent)).toMatch(/^\d+\.\d\d px [+−]\d/);
    await focus("Reset");
    await page.keyboard.press("Enter");
    await page.waitForFunction("document.querySelector('#learn-step').textContent === '0'");
    await learning.ready();
    expect(await page.$$(".learn-cell > span")).toHaveLength(0);
    expect(await notices()).toEqual([]);
    expect(complaints).toEqual([]);
  }));

/** The page's run, by the library alone. */
const pictures = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => {
    const index = from + at;
    return { ...drawShapes(1, index, 32), id: `shapes-1-32-${String(index).padStart(4, "0")}` };
  });

test("a saved checkpoint goes on in Node, by library and by command, to the bits of the page's own; and is loaded again", () =>
  visitLab({ isolated: false }, async (lab) => {
    const { page, complaints } = await lab.open(`#learn?device=wasm&simd=plain&${small}`);
    const learning = new Learning(page);
    await learning.ready();
    await learning.go();
    await learning.go();
    const saved = await learning.download("Checkpoint");
    const archive = await learning.download("All as ZIP");
    expect([saved.name, archive.name]).toEqual(["crf-rnn-step-2.safetensors", "crf-rnn-step-2.zip"]);
    const command = await page.$eval(".learn-command", ({ textContent }) => textContent);
    await learning.go();
    await learning.go();
    const own = await learning.download("Checkpoint");

    const [train, val] = [pictures(0, 8), pictures(8, 13)];
    const { configuration } = await openState(bytesSource(saved.bytes, saved.name));
    using device = await open({ prefer: "wasm", threads: 1, simd: "plain" });
    const go = async (steps: number, resume?: Uint8Array<ArrayBuffer>): Promise<Uint8Array> => {
      const surroundings = memorySurroundings({ train, val });
      const timetable = { steps, validateEvery: 100, saveEvery: 100 };
      const beginning = { resume: resume && bytesSource(resume, "saved") };
      await runTraining(device, configuration, timetable, surroundings, beginning);
      return surroundings.files.get(checkpointFile)!;
    };
    // Checkpoints name the host that they are of, and differ in that alone.
    const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(tensorBytes(a)).equals(tensorBytes(b));
    expect(equal(await go(2), saved.bytes)).toBe(true);
    expect(equal(await go(4, saved.bytes), own.bytes)).toBe(true);

    using folder = new Folder();
    const files = unzipSync(archive.bytes);
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(dirname(folder.file(name)), { recursive: true });
      folder.write(name, bytes);
    }
    const text = new TextDecoder().decode(files["crf-rnn-learn/README.txt"]);
    expect(command.startsWith(/^crf-rnn train[^]*?--steps \d+/m.exec(text)![0])).toBe(true);
    const within = (...words: string[]) => crfRnn(words, folder.file("crf-rnn-learn"));
    const words = command
      .replaceAll("\\\n", " ")
      .replace(/--steps \d+/, "--steps 4")
      .split(/\s+/)
      .slice(1);
    expect(within(...words, "--quiet")).toMatchObject({ status: 0, stderr: "" });
    expect(equal(readFileSync(folder.file(`crf-rnn-learn/run/${checkpointFile}`)), own.bytes)).toBe(true);
    const plain = ["--device", "wasm", "--plain-simd", "--quiet"];
    const checkpoint = ["--checkpoint", `run/${checkpointFile}`];
    expect(within("evaluate", "--data", "pictures", ...checkpoint, ...plain)).toMatchObject({ status: 0, stderr: "" });
    const image = `pictures/images/${train[0]!.id}.png`;
    expect(within("segment", image, ...checkpoint, "--out", "masks", ...plain)).toMatchObject({
      status: 0,
      stderr: "",
    });

    // Back in the page: another run, then the checkpoint in its place.
    await learning.press("Reset");
    await page.waitForFunction("document.querySelector('#learn-step').textContent === '0'");
    await learning.ready();
    await learning.give("Load a checkpoint", folder.file(folder.write(saved.name, saved.bytes)));
    expect(await learning.notice("goes on from step 2")).toBe("crf-rnn-step-2.safetensors goes on from step 2.");
    await learning.go();
    await learning.go();
    expect(Buffer.from((await learning.download("Checkpoint")).bytes).equals(own.bytes)).toBe(true);

    // What is none, what is cut off, and what learned from other pictures.
    await learning.give("Load a checkpoint", folder.file(folder.write("none.safetensors", new Uint8Array(100))));
    expect(await learning.notice("none.safetensors")).toMatch(/expected safetensors, PyTorch, Keras/);
    await learning.give(
      "Load a checkpoint",
      folder.file(folder.write("cut.safetensors", saved.bytes.subarray(0, 20_000))),
    );
    expect(await learning.notice("cut.safetensors")).toMatch(/cut\.safetensors.*expected/);
    const strangers = [{ ...train[0]!, id: "stranger" }];
    const options = { classes: shapeClasses.map(({ name }) => name), images: strangers, width: 1 / 32 };
    const surroundings = memorySurroundings({ train: strangers });
    const timetable = { steps: 1, validateEvery: 100, saveEvery: 100 };
    await runTraining(device, await trainingConfiguration(options), timetable, surroundings);
    await learning.give(
      "Load a checkpoint",
      folder.file(folder.write("other.safetensors", surroundings.files.get(checkpointFile)!)),
    );
    expect(await learning.notice("other.safetensors")).toMatch(/its run learned from 1 pictures that are not here/);
    await learning.ready();
    expect(await learning.step()).toBe(4);
    expect(complaints).toEqual([]);
  }));

test("a run goes on after a reload and on another device, and keeps its settings in the address", () =>
  visitLab({}, async (lab) => {
    const { page, complaints } = await lab.open(`#learn?device=wasm&${small}`);
    const learning = new Learning(page);
    await learning.ready();
    await learning.go();
    const summary = await learning.summary();
    await page.reload();
    await learning.ready();
    expect(await learning.step()).toBe(1);
    expect(await learning.summary()).toBe(summary);
    expect(await page.$$(".learn-cell > span")).toHaveLength(10);
    await learning.press("Train");
    await learning.until(5);
    // Another device takes over what was learned.
    await page.evaluate("location.hash = location.hash.replace('device=wasm', 'device=wasm&threads=1')");
    await page.waitForFunction("document.querySelector('.chip-text').textContent === 'WASM, 1 thread'");
    const before = await learning.step();
    expect(before).toBeGreaterThanOrEqual(5);
    await learning.until(before + 3);
    await learning.press("Pause");
    await learning.ready();

    // Begin anew with another stage, from what was learned.
    const stage = await page.$$eval("label", (all) => all.find(({ textContent }) => textContent === "Stage")!.htmlFor);
    await page.locator("::-p-aria(What was learned)").click();
    await page.select(`select[id="${stage}"]`, "fcn8s");
    await page.waitForFunction("location.hash.includes('stage=fcn8s') && location.hash.includes('begin=learned')");
    await learning.press("Begin anew");
    await page.waitForFunction("document.querySelector('#learn-step').textContent === '0'");
    await learning.ready();
    expect(await page.$(".learn-learned")).toBeNull();
    await learning.go();
    // A network that was learned, and not one at random: its first loss is no longer that of four equal classes.
    expect((await learning.losses())[0]).not.toBeCloseTo(1.39, 1);
    expect(await page.$eval(".learn-command", ({ textContent }) => textContent)).toContain("--init init.safetensors");
    expect(complaints).toEqual([]);
  }));

test("a folder of the reader's: what fits is learned from, and what does not is told in sentences", () =>
  visitLab({}, async (lab) => {
    using folder = new Folder();
    const rgb = (side: number) => Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 37) % 256);
    const labels = (side: number, value: number) =>
      Uint8Array.from({ length: side * side }, (_, i) => (i % side < side / 2 ? 0 : value));
    const mask = (side: number, value: number) =>
      encodeLabelPng({ height: side, width: side, labels: labels(side, value), palette: [[0, 0, 0]] });
    mkdirSync(folder.file("mine/images"), { recursive: true });
    mkdirSync(folder.file("mine/masks"), { recursive: true });
    for (let index = 0; index < 6; index++) {
      folder.write(`mine/images/leaf-${index}.png`, encodeRgbPng(48, 48, rgb(48)));
      folder.write(`mine/masks/leaf-${index}.png`, mask(48, 1));
    }
    writeFileSync(
      folder.file("mine/images/photo.jpg"),
      await sharp(Buffer.from(rgb(48)), { raw: { width: 48, height: 48, channels: 3 } })
        .jpeg()
        .toBuffer(),
    );
    folder.write("mine/masks/photo.png", mask(48, 2));
    folder.write("mine/images/lonely.png", encodeRgbPng(8, 8, rgb(8)));
    folder.write("mine/images/small.png", encodeRgbPng(8, 8, rgb(8)));
    folder.write("mine/masks/small.png", mask(9, 1));
    folder.write("mine/images/text.png", new TextEncoder().encode("no picture"));
    folder.write("mine/masks/text.png", mask(8, 1));
    folder.write("mine/images/colored.png", encodeRgbPng(8, 8, rgb(8)));
    folder.write("mine/masks/colored.png", encodeRgbPng(8, 8, rgb(8)));

    const { page, complaints, screenshot, barriers } = await lab.open(`#learn?device=wasm&${small}&source=folder`);
    const learning = new Learning(page);
    await learning.ready();
    await learning.press("Begin anew");
    expect(await learning.notice("no folder")).toContain("There is no folder of yours yet");
    await learning.ready();
    await learning.give("Choose a folder", folder.file("mine"));
    expect(await learning.notice("lonely.png")).toContain("Photographs without a label map of the same name, left out");
    expect(await learning.notice("small.png")).toContain("masks/small.png (9 × 9 beside 8 × 8)");
    expect(await learning.notice("text.png")).toContain("cannot read as a picture");
    expect(await learning.notice("colored.png")).toMatch(/expected .*It is left out\.$/);
    const found = "mine: 6 pictures to learn from and 1 to validate by, of 3 classes: ground, class 1, class 2.";
    await page.waitForFunction(
      (text) => document.querySelector(".learn-folder + [role=status]")!.textContent === text,
      {},
      found,
    );
    await learning.press("Begin anew");
    await page.waitForFunction("document.querySelector('#learn-summary').textContent.includes('6 pictures')");
    await learning.ready();
    await learning.go();
    expect(await barriers()).toEqual([]);
    await screenshot("learn-folder");

    // After a reload it is all there, pictures included.
    await page.reload();
    await learning.ready();
    expect(await learning.step()).toBe(1);
    await learning.go();

    // A manifest, and one that is none.
    const entry = (id: string, split: string) => ({ id, image: `images/${id}.png`, mask: `masks/${id}.png`, split });
    const items = [entry("leaf-0", "train"), entry("leaf-1", "train"), entry("leaf-2", "val"), entry("gone", "train")];
    const classes = [{ name: "soil" }, { name: "leaf" }];
    folder.write("mine/manifest.json", new TextEncoder().encode(JSON.stringify({ classes, items })));
    await learning.give("Choose a folder", folder.file("mine"));
    expect(await learning.notice("images/gone.png")).toContain("Named by the manifest, but not in the folder");
    const listed = "mine: 2 pictures to learn from and 1 to validate by, of 2 classes: soil, leaf.";
    await page.waitForFunction(
      (text) => document.querySelector(".learn-folder + [role=status]")!.textContent === text,
      {},
      listed,
    );
    await learning.drop(".learn-folder", [folder.file("mine/images"), folder.file("mine/masks")]);
    await page.waitForFunction(
      () => document.querySelector(".learn-folder + [role=status]")!.textContent.startsWith("The folder: 6 pictures"),
      { timeout: 60_000 },
    );
    folder.write("mine/manifest.json", new TextEncoder().encode("{}"));
    await learning.give("Choose a folder", folder.file("mine"));
    expect(await learning.notice("manifest.json: expected JSON")).toContain("“classes”, each with a name");
    expect(complaints).toEqual([]);
  }));

test("a run that cannot go on says why, and where it stands", () =>
  visitLab({}, async (lab) => {
    const { page, complaints } = await lab.open(`#learn?device=wasm&${small}&rate=0.1&gamma=0.5`);
    const learning = new Learning(page);
    await learning.ready();
    await learning.press("Train");
    expect(await learning.notice("bandwidths above 0")).toMatch(
      /^Error: step \d+, image shapes-1-32-\d+: expected bandwidths above 0, got θγ = -[\d.]+\. Nothing was kept yet; lower the/,
    );
    await learning.ready();
    expect(await learning.step()).toBe(0);
    await learning.go();
    expect(complaints).toEqual([]);
  }));

test("trains on WebGPU", () =>
  visitLab({ webgpu: true }, async (lab) => {
    const { page, complaints } = await lab.open(`#learn?device=webgpu&${small}&pictures=4`);
    const learning = new Learning(page);
    await learning.ready();
    await learning.go();
    await learning.go();
    const [now, first] = await learning.losses();
    expect(first).toBeCloseTo(1.39, 1);
    expect(now).toBeGreaterThan(0);
    expect(await page.$$(".learn-cell > span")).toHaveLength(10);
    expect(complaints).toEqual([]);
  }));

test("has no barriers, at three sizes and in both schemes, and nothing moves by itself while it trains", () =>
  visitLab({}, async (lab) => {
    for (const width of [360, 820, 1440]) {
      const { page, dress, barriers, shifts, screenshot, complaints } = await lab.open(`#learn?device=wasm&${small}`, {
        size: [width, width < 500 ? 740 : 900],
        touch: width < 500,
      });
      const learning = new Learning(page);
      await learning.ready();
      await learning.press("Train");
      await learning.until(41);
      await learning.press("Pause");
      await learning.ready();
      for (const scheme of ["light", "dark"] as const) {
        await dress(scheme);
        await screenshot(`learn-${width}-${scheme}`, { whole: width < 500 });
        expect(await barriers()).toEqual([]);
      }
      expect(await shifts()).toBe(0);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      expect(complaints).toEqual([]);
      await page.close();
    }
  }));
