import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "puppeteer";

/** The smallest network on the smallest pictures, with one mean-field iteration: a step takes some 15 ms. */
export const small = "size=32&share=32&pictures=8&iterations=1";

/** How long anything may take where two processors are shared by many. */
const patience = { timeout: 120_000 };

/** The hands of whoever uses the room. */
export class Learning {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Waits until the room has a run and nothing is under way. */
  async ready(): Promise<void> {
    await this.page.waitForFunction(
      "[...document.querySelectorAll('button')].some((one) => one.textContent === 'Train' && !one.disabled)",
      patience,
    );
  }

  /** Presses a button by its words. */
  press(words: string): Promise<void> {
    return this.page.locator(`::-p-aria([name="${words}"][role="button"])`).setTimeout(patience.timeout).click();
  }

  async step(): Promise<number> {
    return Number((await this.page.$eval("#learn-step", ({ textContent }) => textContent)).replaceAll(",", ""));
  }

  async until(step: number): Promise<void> {
    const now = "Number(document.querySelector('#learn-step').textContent.replaceAll(',', ''))";
    await this.page.waitForFunction(`${now} >= ${step}`, patience);
  }

  /** One step by its button, and to the end of it. */
  async go(): Promise<void> {
    const before = await this.step();
    await this.press("One step");
    await this.until(before + 1);
    await this.ready();
  }

  summary(): Promise<string> {
    return this.page.$eval("#learn-summary", ({ textContent }) => textContent);
  }

  /** The loss that the summary tells, now and at first. */
  async losses(): Promise<readonly [now: number, first: number]> {
    const [, now, first] = /loss is ([\d.]+) per pixel; it was ([\d.]+) at first/.exec(await this.summary()) ?? [];
    return [Number(now), Number(first)];
  }

  /** What a button hands out as a file, by the file's name. */
  async download(words: string): Promise<{ readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
    const folder = await mkdtemp(join(tmpdir(), "crf-rnn-saved-"));
    try {
      const client = await this.page.createCDPSession();
      await client.send("Page.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
      await this.press(words);
      for (;;) {
        const [name] = (await readdir(folder)).filter((one) => !one.endsWith(".crdownload") && !one.startsWith("."));
        if (name) return { name, bytes: new Uint8Array(await readFile(join(folder, name))) };
        await wait(50);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** Gives a file, or a folder, to a button that asks for one. */
  async give(words: string, path: string): Promise<void> {
    const [chooser] = await Promise.all([this.page.waitForFileChooser(patience), this.press(words)]);
    await chooser.accept([path]);
  }

  /** Drops a folder or files on a part of the page, as a person would. */
  async drop(selector: string, paths: readonly string[]): Promise<void> {
    const place = (await this.page.$(selector))!;
    await place.scrollIntoView();
    const { x, y } = await place.clickablePoint();
    const client = await this.page.createCDPSession();
    const data = { items: [], files: [...paths], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await client.send("Input.dispatchDragEvent", { type, x, y, data });
    }
  }

  /** The first notice whose text has these words. */
  async notice(words: string): Promise<string> {
    const found = await this.page.waitForFunction(
      (sought) =>
        [...document.querySelectorAll(".notice p")].map((one) => one.textContent).find((text) => text.includes(sought)),
      patience,
      words,
    );
    return (await found.jsonValue())!;
  }
}
