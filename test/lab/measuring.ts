import type { BenchFacts } from "../../bench/bench.ts";
import { downloaded } from "./refineRoom.ts";
import type { Lab, LabPage, View } from "./visit.ts";

/** A picture and a time that are over at once. */
export const tiny = "size=60x45&seconds=0.001";

/** The room Measure, as a person uses it. */
export interface Measuring extends LabPage {
  /** Waits for the device. */
  ready(): Promise<void>;
  press(words: string): Promise<void>;
  /** Measures, and waits until that is over. */
  measure(): Promise<void>;
  measured(): Promise<unknown>;
  /** The line below the results. */
  said(): Promise<string>;
  /** The cells of a table, row by row, by the table's title. */
  table(title: "Kernels" | "Wholes"): Promise<string[][]>;
  /** What is saved as JSON. */
  saved(): Promise<{ readonly text: string; readonly facts: BenchFacts & { readonly machine?: object } }>;
}

export async function openMeasuring(lab: Lab, hash: string, view?: View): Promise<Measuring> {
  const opened = await lab.open(hash, view);
  const { page } = opened;
  const press = async (words: string): Promise<void> => {
    const button = await page.waitForSelector(
      `xpath///section[@id='room-measure']//button[normalize-space()='${words}'][not(@disabled)]`,
      { timeout: 60_000 },
    );
    await button!.evaluate((element) => element.scrollIntoView({ block: "center" }));
    await button!.click();
  };
  const measured = (): Promise<unknown> =>
    page.waitForFunction("document.querySelector('.measure-said')?.textContent.includes('measured.')", {
      timeout: 300_000,
    });
  return {
    ...opened,
    press,
    measured,
    ready: async () => {
      await page.waitForSelector(".chip[data-state=open]", { timeout: 60_000 });
      await page.waitForSelector(".measure-go .button:enabled", { timeout: 60_000 });
    },
    measure: async () => {
      await press("Measure");
      await measured();
    },
    said: () => page.$eval(".measure-below", ({ textContent }) => textContent),
    table: (title) =>
      page.$eval(`xpath///section[h2[starts-with(., '${title}')]]`, (section) =>
        [...section.querySelectorAll("tbody tr")].map((row) =>
          [...row.querySelectorAll("th, td")].map(({ textContent }) => textContent),
        ),
      ),
    saved: async () => {
      const text = new TextDecoder().decode(await downloaded(page, () => press("Save JSON")));
      return { text, facts: JSON.parse(text) };
    },
  };
}
