import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type BenchFacts, names, parseTimes, timesOf } from "../../bench/bench.ts";
import { Folder } from "../cli/command.ts";
import { openMeasuring, tiny } from "./measuring.ts";
import { drop } from "./refineRoom.ts";
import { type Visit, visitLab } from "./visit.ts";

const few = "lattice/blur$|lattice/slice|build spatial";
const named = `lines=named&only=${encodeURIComponent(few)}&${tiny}`;
const expected = names.filter((name) => new RegExp(few).test(name));

test("measures what is chosen, by keyboard alone; tables are sorted and searched", () =>
  visitLab({}, async (lab) => {
    const room = await openMeasuring(lab, `#measure?device=wasm&threads=2&${tiny}`);
    const { page, complaints } = room;
    await room.ready();
    const focus = (selector: string): Promise<void> =>
      page.$eval(selector, (element) => (element as HTMLElement).focus());
    await focus("#room-measure .segment input:checked");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(await room.said()).toMatch(new RegExp(`^${names.length} lines will take about`));
    await page.keyboard.press("Tab");
    await page.keyboard.type("(");
    expect(await room.said()).toBe("The pattern is no regular expression.");
    await page.keyboard.press("Backspace");
    await page.keyboard.type("nothing");
    expect(await room.said()).toBe("No line has such a name.");
    expect(await page.$(".measure-go .button:disabled")).not.toBeNull();
    for (let i = 0; i < 7; i++) await page.keyboard.press("Backspace");
    await page.keyboard.type(few);
    expect(await room.said()).toMatch(/^5 lines will take about/);
    await focus(".measure-go .button");
    await page.keyboard.press("Enter");
    await room.measured();
    expect(await room.said()).toBe("4 kernels and 1 wholes were measured.");
    const kernels = await room.table("Kernels");
    expect([...kernels, ...(await room.table("Wholes"))].map(([name]) => name)).toEqual(expected);

    await focus("#room-measure th:nth-child(3) button");
    await page.keyboard.press("Enter");
    const least = async (): Promise<number[]> => (await room.table("Kernels")).map(([, , cell]) => Number(cell));
    const down = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => b - a);
    expect(await least()).toEqual(down(await least()));
    expect(await page.$eval("#room-measure [aria-sort]", (head) => head.getAttribute("aria-sort"))).toBe("descending");
    await page.keyboard.press("Enter");
    expect(await least()).toEqual(down(await least()).reverse());
    await page.keyboard.press("Enter");
    expect(await room.table("Kernels")).toEqual(kernels);

    await page.type(".measure-search", "Slice.n");
    expect((await room.table("Kernels")).map(([name]) => name)).toEqual(["lattice/slice.normalize"]);
    expect(await room.table("Wholes")).toEqual([]);
    expect(await page.evaluate("location.hash")).toContain("lines=named");
    expect(complaints).toEqual([]);
  }));

test("its file is one of crf-rnn bench: the command compares with it, and the room with the command's", () =>
  visitLab({}, async (lab) => {
    const room = await openMeasuring(lab, `#measure?device=wasm&threads=2&${named}`);
    const { page } = room;
    await room.ready();
    await room.measure();
    const { text, facts } = await room.saved();
    expect(facts.image).toEqual({ file: null, width: 60, height: 45 });
    expect(facts.device).toMatchObject({ kind: "wasm", threads: 2 });
    expect(facts.host).toMatch(/^chromium \d/);
    expect(facts.machine).toMatchObject({ isolated: true, browser: await page.evaluate("navigator.userAgent") });
    expect(parseTimes(text, "own.json")).toEqual(timesOf(facts, "own.json"));
    // What is shown is what is saved.
    const [first] = await room.table("Kernels");
    expect(Number(first![2])).toBeCloseTo(facts.kernels[0]!.least, 2);

    using folder = new Folder();
    folder.write("page.json", text);
    const words = ["bench", "--device", "wasm", "--threads", "1", "--size", "60x45", "--seconds", "0.001"];
    const outcome = folder.run([...words, "--only", few, "--compare", "page.json", "--save", "node.json", "--json"]);
    expect(outcome.stderr).toBe("");
    expect(outcome.status).toBe(0);
    const here = JSON.parse(outcome.stdout) as BenchFacts;
    expect(here.comparedWith).toContain(`page.json (crf-rnn ${facts.version}, ${facts.host}`);
    expect(here.kernels[0]!.oldOverNew).toBe(facts.kernels[0]!.least / here.kernels[0]!.least);

    await drop(page, { "node.json": readFileSync(folder.file("node.json")) });
    await page.waitForSelector(".measure-other");
    expect(await page.$eval(".measure-other", ({ textContent }) => textContent)).toContain("node.json (crf-rnn");
    const compared = await room.table("Kernels");
    const ratio = here.kernels[0]!.least / facts.kernels[0]!.least;
    expect(Number.parseFloat(compared[0]!.at(-1)!)).toBeCloseTo(ratio, ratio >= 100 ? 0 : 1);
    expect(await room.notices()).toEqual(["The figures of “node.json” are there to compare with."]);
    // A run on another picture is one that does not compare.
    const other = { ...here, image: { file: null, width: 500, height: 375 } };
    await drop(page, { "other.json": new TextEncoder().encode(JSON.stringify(other)) });
    await page.waitForSelector("#room-measure .notice-warning");
    expect(await page.$eval("#room-measure .notice-warning p", ({ textContent }) => textContent)).toBe(
      "Warning: The other run measured a picture of 500 × 375, this one 60 × 45: their times do not compare.",
    );
    await room.press("Clear");
    expect((await room.table("Kernels"))[0]).toHaveLength(6);

    // The text to send has all of it.
    const issue = await page.$eval(".measure-text", (area) => (area as HTMLTextAreaElement).value);
    expect(issue).toContain("| lattice/blur |");
    expect(issue).toContain("**Graphics card or chip:**");
    const [, json = ""] = /```json\n(.*)\n```/.exec(issue)!;
    expect(JSON.parse(json)).toEqual(facts);
    for (const name of ["clipboard-read", "clipboard-write"] as const) {
      const permission = { permission: { name }, state: "granted" } as const;
      await page.browserContext().setPermission(new URL(lab.url).origin, permission);
    }
    const copied = async (words: string): Promise<string> => {
      await page.evaluate("navigator.clipboard.writeText('')");
      await room.press(words);
      await page.waitForFunction("navigator.clipboard.readText().then((text) => text !== '')");
      expect(await room.notices()).toContainEqual(expect.stringContaining("on the clipboard"));
      return (await page.evaluate("navigator.clipboard.readText()")) as string;
    };
    expect(await copied("Copy the text")).toBe(issue);
    expect(await copied("Copy JSON")).toBe(text);
    expect(await copied("Copy Markdown")).toContain("| lattice/blur |");
    expect(room.complaints).toEqual([]);
  }));

test("what is no file of figures is a sentence, and what is there stays", () =>
  visitLab({ isolated: false }, async (lab) => {
    const room = await openMeasuring(lab, `#measure?device=wasm&${named}`);
    await room.ready();
    await room.measure();
    expect((await room.saved()).facts.device.threads).toBe(1);
    const before = await room.table("Kernels");
    for (const [bad, words] of [
      ["<html>", /^Error: bad\.json.*: expected/],
      ['{"command":"bench"', /^Error: bad\.json.*: expected/],
      ['{"command":"demo","kernels":[]}', /^Error: bad\.json.*: expected/],
      ["", /^Error: bad\.json.*: expected/],
    ] as const) {
      await drop(room.page, { "bad.json": new TextEncoder().encode(bad) });
      await room.page.waitForSelector(".notices .notice-error");
      expect(await room.notices()).toEqual([expect.stringMatching(words)]);
      await room.page.click(".notices .notice-error [aria-label^=Close]");
    }
    expect(await room.table("Kernels")).toEqual(before);
    expect(room.complaints).toEqual([]);
  }));

test("stopped, it has what was measured until then; the page stays quick meanwhile", () =>
  visitLab({}, async (lab) => {
    const room = await openMeasuring(lab, "#measure?device=wasm&threads=2&lines=all&size=60x45&seconds=0.05");
    const { page } = room;
    await room.ready();
    await room.press("Measure");
    await page.waitForFunction("document.querySelector('[role=progressbar]')?.ariaValueNow >= 5", { timeout: 60_000 });
    // The ceilings come before the lines.
    expect(await page.$eval(".progress-detail", ({ textContent }) => textContent)).toMatch(
      new RegExp(`^\\d+ of ${names.length + 1}, about \\d+ (s|min) left$`),
    );
    const longest = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let [last, most, count] = [performance.now(), 0, 0];
          const frame = (now: number): void => {
            most = Math.max(most, now - last);
            last = now;
            if (++count < 30) requestAnimationFrame(frame);
            else resolve(most);
          };
          requestAnimationFrame(frame);
        }),
    );
    // A line takes far longer than this where it is computed by the page itself.
    expect(longest).toBeLessThan(1000);
    await room.press("Stop");
    await room.measured();
    const { facts } = await room.saved();
    expect(facts.kernels.length).toBeGreaterThan(2);
    expect(facts.kernels.length).toBeLessThan(names.length);
    expect((await room.table("Kernels")).map(([name]) => name)).toEqual(facts.kernels.map(({ name }) => name));
    expect(facts.composites).toEqual([]);
    // It goes on measuring when it is asked to.
    await page.goto(`${lab.url}#measure?device=wasm&threads=2&${named}`);
    await room.measure();
    expect(await room.said()).toBe("4 kernels and 1 wholes were measured.");
    expect(room.complaints).toEqual([]);
  }));

test("tells all that the adapter tells, in which form kernels run, and that software says nothing of GPUs", () =>
  visitLab({ webgpu: true }, async (lab) => {
    const only = encodeURIComponent("^lattice/blur$|^shared/add$");
    const room = await openMeasuring(lab, `#measure?device=webgpu&lines=named&only=${only}&${tiny}`, {
      scheme: "dark",
    });
    await room.ready();
    await room.measure();
    const { facts } = await room.saved();
    const adapter = (facts.machine as { adapter: Record<string, object> }).adapter;
    expect(adapter.info).toMatchObject({ architecture: "swiftshader" });
    expect(adapter.features).toContain("timestamp-query");
    expect(adapter.limits).toMatchObject({ maxComputeInvocationsPerWorkgroup: expect.any(Number) });
    expect(Object.keys(adapter.limits!).length).toBeGreaterThan(20);
    const words = await room.page.$eval("#room-measure", ({ textContent }) => textContent);
    for (const word of [...(adapter.features as string[]), ...Object.keys(adapter.limits!)])
      expect(words).toContain(word);
    expect(words).toContain("say nothing about GPUs");
    expect(facts.choices.length).toBeGreaterThan(0);
    for (const { kernel, form } of facts.choices) expect(words).toContain(`${kernel}${form} is taken`);
    await room.screenshot("measure-gpu-dark");
    await room.still();
    expect(await room.barriers()).toEqual([]);
    expect(room.complaints).toEqual([]);
  }));

test("has no barriers at three sizes and in both schemes, and nothing moves by itself", () =>
  visitLab({} satisfies Visit, async (lab) => {
    for (const [name, size] of Object.entries({ wide: [1440, 900], medium: [900, 760], narrow: [360, 740] } as const)) {
      for (const scheme of ["light", "dark"] as const) {
        const room = await openMeasuring(lab, `#measure?device=wasm&threads=2&${named}`, { size, scheme });
        await room.ready();
        await room.still();
        expect(await room.barriers(), name).toEqual([]);
        await room.screenshot(`measure-${name}-${scheme}-empty`);
        await room.measure();
        await room.still();
        expect(await room.barriers(), name).toEqual([]);
        const other = (await room.saved()).text;
        expect(await room.shifts(), name).toBeLessThan(0.01);
        await drop(room.page, { "other.json": new TextEncoder().encode(other) });
        await room.page.waitForSelector(".measure-other");
        await room.still();
        expect(await room.barriers(), name).toEqual([]);
        expect(await room.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name).toBe(true);
        await room.page.$eval(".measure", (view) => view.scrollTo(0, 420));
        await room.screenshot(`measure-${name}-${scheme}`);
        expect(room.complaints).toEqual([]);
      }
    }
  }));
