import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { ElementHandle, Page } from "puppeteer";
import type { Lab, LabPage, View } from "./visit.ts";

/** A point of the picture, as shares of its width and height. */
export type Share = readonly [x: number, y: number];

/** The room “Refine”, as a person uses it. */
export interface RefineRoom extends LabPage {
  /** Waits until what is drawn and set now has a result. */
  settled(): Promise<void>;
  /** The line over the picture. */
  caption(): Promise<string>;
  /** Draws a line with the mouse. */
  stroke(points: readonly Share[]): Promise<void>;
  /** Presses a button by its words or its label. */
  press(name: string): Promise<void>;
  /** Presses a button, and hands out the file that is downloaded. */
  download(name: string): Promise<Uint8Array>;
  /** Drops a file on the picture. */
  drop(files: Readonly<Record<string, Uint8Array>>): Promise<void>;
  /** Chooses a view. */
  view(name: string): Promise<void>;
  /** A number of the panel “Numbers”. */
  figure(label: string): Promise<string>;
  /** The pixels of a layer of the picture, as one text that is the same where they are. */
  layer(name: "found" | "strokes" | "photograph"): Promise<string>;
  readonly picture: ElementHandle;
}

/** The button with these words, or with this label. */
export const button = (name: string): string =>
  `::-p-xpath(//button[@aria-label='${name}' or normalize-space()='${name}'])`;

/** Opens the room and waits for its first result, or, where nothing is drawn, for its picture. */
export async function openRefine(lab: Lab, hash: string, view?: View): Promise<RefineRoom> {
  const opened = await lab.open(hash, view);
  const { page } = opened;
  await page.waitForSelector(".refine-picture", { timeout: 60_000 });
  const settled = async (): Promise<void> => {
    await page.waitForFunction("document.querySelector('[data-settled=true]') !== null", { timeout: 120_000 });
    // One frame paints it.
    await page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");
  };
  const press = async (name: string): Promise<void> => {
    const found = await page.waitForSelector(button(name), { timeout: 10_000 });
    await found!.evaluate((element) => element.scrollIntoView({ block: "center" }));
    await found!.click();
  };
  await settled();
  return {
    ...opened,
    settled,
    press,
    picture: (await page.$(".refine-picture"))!,
    caption: () => page.$eval(".refine-caption > span:nth-child(2)", ({ textContent }) => textContent ?? ""),
    stroke: async (points) => {
      const box = (await (await page.$(".refine-picture"))!.boundingBox())!;
      const at = ([x, y]: Share): [number, number] => [box.x + x * box.width, box.y + y * box.height];
      await page.mouse.move(...at(points[0]!));
      await page.mouse.down();
      for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 5 });
      await page.mouse.up();
    },
    download: (name) => downloaded(page, () => press(name)),
    drop: (files) => drop(page, files),
    view: async (name) => {
      await page.click(`::-p-xpath(//div[@class='refine-views']//label[normalize-space()='${name}'])`);
    },
    figure: (label) =>
      page.$eval(`::-p-xpath(//dl[contains(@class,'figures')]/div[dt[normalize-space()='${label}']]/dd)`, (element) =>
        (element.textContent ?? "").trim(),
      ),
    layer: async (name) => {
      await settled();
      return page.$eval(`.refine-${name}`, (canvas) => (canvas as HTMLCanvasElement).toDataURL());
    },
  };
}

/** The file that comes of what is done. */
export async function downloaded(page: Page, act: () => Promise<void>): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "crf-rnn-lab-"));
  const client = await page.createCDPSession();
  try {
    await client.send("Browser.setDownloadBehavior", {
      behavior: "allow",
      downloadPath: folder,
      browserContextId: page.browserContext().id,
    });
    await act();
    for (let tries = 0; tries < 600; tries++) {
      const [name] = await readdir(folder);
      if (name && !name.endsWith(".crdownload")) return new Uint8Array(await readFile(join(folder, name)));
      await wait(50);
    }
    throw new Error("nothing was downloaded");
  } finally {
    await client.detach();
    await rm(folder, { recursive: true, force: true });
  }
}

export async function drop(page: Page, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const texts = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")] as const);
  await page.evaluate((all) => {
    const data = new DataTransfer();
    for (const [name, text] of all) {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const type = name.endsWith(".png") ? "image/png" : name.endsWith(".jpg") ? "image/jpeg" : "";
      data.items.add(new File([bytes], name, { type }));
    }
    const zone = document.querySelector(".drop")!;
    for (const kind of ["dragenter", "dragover", "drop"]) {
      zone.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
  }, texts);
}
