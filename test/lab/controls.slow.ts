import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer";
import { afterAll, expect, test } from "vitest";
import { root } from "../hosts/folders.ts";
import { builtGallery } from "./build.ts";
import { type LabPage, visitFolder } from "./visit.ts";

/** A page with every component that rooms share, and with a worker that has a device. */
const folder = await builtGallery();

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a control has told. */
const told = (page: Page, name: string): Promise<unknown> => page.evaluate(`state.value.${name}`);

async function press(page: Page, selector: string, ...keys: readonly string[]): Promise<void> {
  await page.focus(selector);
  for (const key of keys) await page.keyboard.press(key as "Enter");
}

async function slide({ page }: LabPage): Promise<void> {
  const slider = "input[type=range]";
  const entry = "input[aria-label='Position θα, in px']";
  await press(page, slider, "ArrowRight", "ArrowUp");
  expect(await told(page, "position")).toBeGreaterThan(60);
  await press(page, slider, "End");
  expect(await told(page, "position")).toBe(400);
  // A tenth of a logarithmic track from 1 to 400.
  await press(page, slider, "PageDown");
  expect(await told(page, "position")).toBe(220);
  expect(await page.$eval(slider, (input) => input.ariaValueText ?? input.getAttribute("aria-valuetext"))).toMatch(
    / px$/,
  );
  for (const [typed, value] of [
    ["33,3", 33.3],
    ["9999", 400],
    ["red", 400],
    ["", 400],
  ] as const) {
    await page.click(entry, { count: 3 });
    await page.keyboard.press("Backspace");
    await page.keyboard.type(typed);
    await page.keyboard.press("Enter");
    expect(await told(page, "position")).toBe(value);
  }
  await page.click("button[aria-label='Reset Position θα to 60']");
  expect(await told(page, "position")).toBe(60);
  const { x, y, width, height } = (await (await page.$(slider))!.boundingBox())!;
  await page.mouse.click(x + width / 2, y + height / 2);
  // Halfway on a logarithmic track from 1 to 400.
  expect(await told(page, "position")).toBe(20);
}

async function choosePicture({ page }: LabPage): Promise<void> {
  await press(page, "input[value=canyon]", "ArrowRight");
  expect(await told(page, "picture")).toBe("house");
  expect(await page.$eval(".pictures-credit", ({ textContent }) => textContent)).toBe(
    "Abandoned dust bowl home. Dorothea Lange, about 1935–1940. CC0-1.0.",
  );
  const facts = await page.evaluate(`Promise.all(pictures.map(async ({ url, width, height, truth }) => {
    const pixels = await loadPixels(url);
    const small = await loadPixels(url, 64);
    const labels = truth && (await loadTruth(truth.url));
    return {
      whole: pixels.width === width && pixels.height === height,
      small: Math.max(small.width, small.height),
      classes: labels && new Set(labels).size === truth.classes.length && labels.length === width * height,
    };
  }))`);
  const photograph = { whole: true, small: 64 };
  const drawing = { ...photograph, classes: true };
  expect(facts).toEqual([...Array.from({ length: 5 }, () => photograph), drawing, drawing]);
  expect(await page.evaluate("loadPixels(new File(['x'], 'x.png')).catch(String)")).toBe(
    "PictureError: “x.png” is no picture that this browser can read.",
  );
}

async function edit({ page }: LabPage): Promise<void> {
  const cell = (row: number, column: number): string => `[data-cell="${row},${column}"]`;
  await press(page, cell(0, 0), "ArrowRight", "ArrowDown", "ArrowRight");
  expect(await page.evaluate("document.activeElement.ariaLabel")).toBe("leaves, blossoms");
  await page.keyboard.type("-2.5");
  await page.keyboard.press("Enter");
  expect(await told(page, "matrix")).toEqual([0, -1, -0.4, -1, 0, -2.5, -0.4, -2.5, 0]);
  expect(await page.evaluate("document.activeElement.ariaLabel")).toBe("blossoms, blossoms");
  await page.keyboard.type("7");
  await page.keyboard.press("Escape");
  expect(await told(page, "matrix")).toEqual([0, -1, -0.4, -1, 0, -2.5, -0.4, -2.5, 0]);
  await page.click("button[aria-label='Reset Compatibility']");
  expect(await told(page, "matrix")).toEqual([0, -1, -1, -1, 0, -1, -1, -1, 0]);
}

async function chooseFrom({ page }: LabPage): Promise<void> {
  await press(page, "input[value=brush]", "ArrowRight");
  // The third is disabled, so the arrow goes round.
  expect(await told(page, "tool")).toBe("eraser");
  await page.keyboard.press("ArrowRight");
  expect(await told(page, "tool")).toBe("brush");
  await press(page, "[role=switch]", "Space");
  expect(await told(page, "playing")).toBe(false);
  await page.select(".workbench select", "full");
  expect(await told(page, "layout")).toBe("full");
  await page.keyboard.press("Tab");

  const menu = "[aria-haspopup=menu]";
  await press(page, menu, "Enter");
  await page.waitForFunction("document.activeElement.textContent.startsWith('Label map')");
  await page.keyboard.press("ArrowUp");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Overlay");
  await page.keyboard.press("m");
  await page.keyboard.press("Enter");
  expect(await told(page, "done")).toBe("mask");
  await press(page, menu, "Enter");
  await page.waitForSelector("[role=menu]:popover-open");
  await page.keyboard.press("Escape");
  expect(await page.evaluate("document.activeElement.ariaHasPopup")).toBe("menu");
  expect(await page.$("[role=menu]:popover-open")).toBeNull();
}

/** Drops or pastes a file, as far as a script can. */
const give = (kind: "drop" | "paste") => `{
  const data = new DataTransfer();
  data.items.add(new File(["x"], "${kind}.png", { type: "image/png" }));
  const event = "${kind}" === "drop"
    ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
    : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector(".drop").dispatchEvent(event);
  event.defaultPrevented;
}`;

async function giveFiles({ page }: LabPage): Promise<void> {
  for (const kind of ["drop", "paste"] as const) {
    expect(await page.evaluate(give(kind))).toBe(true);
    expect(await told(page, "files")).toBe(`${kind}.png`);
  }
  const [chooser] = await Promise.all([page.waitForFileChooser(), page.click(".workbench-tools button:has(+ input)")]);
  await chooser.accept([join(root, "package.json")]);
  await page.waitForFunction("state.value.files === 'package.json'");
  await page.click("button[aria-label='Take a picture by the camera']");
  await page.waitForSelector("dialog[open] video");
  await page.waitForFunction("document.querySelector('video').videoWidth > 0");
  await page.click("dialog .button-primary");
  await page.waitForFunction("state.value.files === 'camera.png'");
  expect(await page.$eval("video", (video) => video.srcObject)).toBeNull();
}

test("components work by keyboard and by mouse, and what they tell is what was done", () =>
  visitFolder(folder, { camera: true }, async (lab) => {
    const opened = await lab.open("", { size: [1440, 1000] });
    await slide(opened);
    await choosePicture(opened);
    await edit(opened);
    await chooseFrom(opened);
    await giveFiles(opened);
    expect(opened.complaints).toEqual([]);
    // A room's mistake stays in the room, which can be tried again.
    await opened.page.evaluate("state.value = { ...state.value, done: 'thrown' }");
    const sentence = await opened.page.$eval(".broken", ({ textContent }) => textContent);
    expect(sentence).toContain(
      "“The gallery” ran into a mistake of its own and stopped: a canvas was expected, there is none",
    );
    await opened.page.evaluate("state.value = { ...state.value, done: '' }");
    await opened.page.click(".broken .button");
    expect(await opened.page.$("#whole")).not.toBeNull();
  }));

test("a worker opens the device that is chosen, answers with arrays that it hands over, and tells errors as sentences", () =>
  visitFolder(folder, {}, async (lab) => {
    const { page, notices, complaints } = await lab.open("#refine?device=wasm&threads=1");
    await page.evaluate("connection.ready()");
    expect(await page.evaluate("connection.facts.value")).toMatchObject({ kind: "wasm", threads: 1, isolated: true });
    const echoed = await page.evaluate(`(async () => {
      const sent = new Float32Array([1, 2, 3]);
      const { values, kind } = await connection.service.echo(moved(sent));
      return { values: [...values], kind, left: sent.length };
    })()`);
    expect(echoed).toEqual({ values: [1, 2, 3], kind: "wasm", left: 0 });
    expect(await page.evaluate("Promise.all([1, 2, 3].map((n) => connection.service.latest(n))).then(String)")).toBe(
      ",,3",
    );
    const heard = await page.evaluate(`(async () => {
      const heard = [];
      await connection.service.count(3, proxy((done) => heard.push(done)));
      return heard;
    })()`);
    expect(heard).toEqual([1, 2, 3]);
    expect(await page.evaluate("connection.service.fail().catch(({ name, message }) => [name, message])")).toEqual([
      "ShapeError",
      expect.stringMatching(/^tensor .*expected 4 values, got 1 /),
    ]);

    // Whoever chooses again in a hurry gets what was chosen last.
    await page.evaluate(`choose({ prefer: "webgpu" }); choose({ prefer: "wasm", threads: 2 })`);
    await page.waitForFunction("connection.facts.value?.threads === 2");
    expect(await page.$eval(".chip", ({ textContent }) => textContent)).toBe("Device: WASM, 2 threads");
    await page.waitForFunction("location.hash === '#refine?device=wasm&threads=2'");

    // What cannot be had is told, with a way out.
    await page.evaluate(`choose({ prefer: "webgpu" })`);
    await page.waitForSelector(".notice-error .button-plain");
    expect(await notices()).toEqual([expect.stringMatching(/^Error: open: expected a WebGPU adapter, got /)]);
    expect(await page.$eval(".chip", ({ textContent }) => textContent)).toBe("Device: No device");
    await page.click(".notice-error .button-plain");
    await page.waitForFunction("connection.facts.value?.kind === 'wasm'");
    expect(complaints).toEqual([]);
  }));

test("the parameters of a room are in its address, both ways, and a link carries them without the device", () =>
  visitFolder(folder, {}, async (lab) => {
    const { page, notices, complaints } = await lab.open("#refine?position=7&open=perhaps&device=wasm");
    const values = (): Promise<unknown> => page.evaluate("parameters.value");
    const address = (hash: string): Promise<unknown> =>
      page.waitForFunction(`location.hash === ${JSON.stringify(hash)}`);
    expect(await values()).toEqual({ position: 7, view: "result", open: false });
    expect(await notices()).toEqual(["Warning: The address says open=perhaps, expected yes or no; it is no as usual."]);
    await address("#refine?position=7&device=wasm");
    await page.evaluate("parameters.value = { ...parameters.value, position: 60, view: 'drawing', open: true }");
    await address("#refine?view=drawing&open=yes&device=wasm");
    expect(await page.evaluate("linkTo('refine')")).toBe(`${lab.url}#refine?view=drawing&open=yes`);
    // Links and going back; a link without a device leaves it as it was chosen, and no other is opened.
    await page.evaluate("connection.ready()");
    await page.evaluate("location.hash = '#refine?position=8'");
    await address("#refine?position=8&device=wasm");
    expect(await values()).toEqual({ position: 8, view: "result", open: false });
    await page.goBack();
    await address("#refine?view=drawing&open=yes&device=wasm");
    expect(await values()).toEqual({ position: 60, view: "drawing", open: true });
    expect(await page.evaluate("connection.opened.value")).toBe(1);
    expect(complaints).toEqual([]);
  }));

test("without isolation there is one thread, whatever the link asks for, and WebGPU by name is SwiftShader", () =>
  visitFolder(folder, { isolated: false, webgpu: true }, async (lab) => {
    const { page, complaints } = await lab.open("#refine?threads=4");
    await page.evaluate("connection.ready()");
    expect(await page.evaluate("connection.facts.value")).toMatchObject({
      kind: "wasm",
      threads: 1,
      isolated: false,
      fallbacks: expect.arrayContaining([expect.stringMatching(/which computes on the processor/)]),
    });
    await page.evaluate(`choose({ prefer: "webgpu" })`);
    await page.waitForFunction("connection.facts.value?.kind === 'webgpu'");
    expect(
      await page.evaluate("connection.service.echo(new Float32Array([5])).then(({ values }) => [...values])"),
    ).toEqual([5]);
    expect(complaints).toEqual([]);
  }));
