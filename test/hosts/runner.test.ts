import { expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { type Report, runSuites } from "./runner.ts";

const fixtures = { shared: false, bytes: () => Promise.reject(new Error("no file is read here")) };

test("only the cases that are named run, a failure ends its own case alone, and memory that is kept is a failure", async () => {
  const ran: string[] = [];
  const passing = (name: string) => ({ name, run: () => Promise.resolve(void ran.push(name)) });
  const leaking = { name: "leaks", run: (device: Device) => Promise.resolve(void device.empty([3, 5])) };
  const failing = { name: "fails", run: () => Promise.reject(new Error("so it does")) };
  const suites = { "room/one": [passing("first"), failing, passing("third")], "room/two": [passing("other"), leaking] };
  const only = ["room/one: first", "room/one: fails", "room/two: other", "room/two: leaks"];
  const reports: Report[] = [];
  await runSuites(suites, { choice: { prefer: "wasm", threads: 1 }, only }, fixtures, (report) => reports.push(report));
  expect(ran).toEqual(["first", "other"]);
  const ends = reports.flatMap((report) =>
    report.event === "end" ? [[report.name, report.error?.split("\n")[0]]] : [],
  );
  expect(ends).toEqual([
    ["room/one: first", undefined],
    ["room/one: fails", "Error: so it does"],
    ["room/two: other", undefined],
    ["room/two: leaks", "AssertionError: the device has 96 more bytes in use than before"],
  ]);
});
