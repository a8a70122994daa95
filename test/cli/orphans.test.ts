/** No process is left by any way of dying. `orphans.slow.ts` has every host with every signal. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { chromiumIn, describeBench, describeTraining, endBy, folder, hosts, linesIn } from "./endings.ts";
import { familyOf, listening, type Process, survivors, until } from "./processes.ts";
import { begin, trainWords } from "./training.ts";

const [deno, chromium] = hosts;
describeTraining(deno, ["SIGHUP"]);
describeTraining(chromium, ["SIGTERM"]);
describeBench(deno, ["SIGKILL"]);

test("a run whose terminal closes, and so takes no more words, is saved all the same", async () => {
  const child = begin(folder, trainWords("closed", "--steps", "100000", "--host", "node"), {});
  const closed = once(child, "exit");
  await until(() => linesIn("closed") > 2);
  for (const stream of [child.stdout!, child.stderr!]) stream.destroy();
  for (let times = 0; times < 3; times++) child.kill("SIGHUP");
  expect(await closed).toEqual([130, null]);
  expect(readdirSync(folder.file("closed"))).toContain("report.html");
  expect(readdirSync(folder.file("closed"))).not.toContain("lock.json");
});

describe("Chromium", () => {
  test("listens to no port, and its page's server to this machine alone", async () => {
    let ports: ReturnType<typeof listening> = [];
    const words = trainWords("ports", "--steps", "100000", "--quiet", "--host", "chromium");
    const { family } = await endBy("SIGTERM", words, (family) => {
      if (!chromiumIn(family) || linesIn("ports") < 2) return false;
      ports = listening(family);
      return true;
    });
    expect(ports).toHaveLength(1);
    const { id, address, port } = ports[0]!;
    expect(family.find((each) => each.id === id)!.words).toContain("cli.js");
    expect(address).toBe("0100007F"); // 127.0.0.1
    const flags = family
      .filter(({ words }) => words.includes("/chromium"))
      .map(({ words }) => words)
      .join(" ");
    expect(flags).toContain("--remote-debugging-pipe");
    expect(flags).not.toContain("--remote-debugging-port");
    // Whoever lists the processes of this machine does not see the address, with its token.
    expect(family.filter(({ words }) => words.includes(`:${port}`))).toEqual([]);
  });

  test("killed by itself ends the run in one sentence, and its checkpoint stands", async () => {
    const mark = randomUUID();
    const words = trainWords("alone", ..."--steps 100000 --save-every 1 --quiet --host chromium".split(" "));
    const child = begin(folder, words, { CRF_RNN_TEST: mark });
    const closed = once(child, "exit");
    let said = "";
    child.stderr!.on("data", (text: Buffer) => (said += text.toString()));
    await until(() => linesIn("alone") > 2);
    const family = familyOf(child.pid!, mark);
    process.kill(family.find((each) => each.words.includes("--remote-debugging-pipe"))!.id, "SIGKILL");
    expect(await closed).toEqual([2, null]);
    expect(said).toMatch(/^crf-rnn: Chromium: expected the page to do its work, got .*\n$/);
    await until(() => survivors(family).length === 0, 60_000);
    const more = trainWords(
      "alone",
      "--steps",
      String(linesIn("alone") + 1),
      "--quiet",
      "--host",
      "chromium",
      "--resume",
    );
    expect(folder.run(more)).toMatchObject({ status: 0, stderr: "" });
  });

  test("leaves its profile to the next run when it is killed, and takes it along when it ends", async () => {
    const words = trainWords("profile", "--quiet", "--host", "chromium");
    const own = mkdtempSync("/tmp/crf-");
    const profiles = () => readdirSync(own).filter((name) => !name.startsWith("crf-rnn-runtime"));
    try {
      const due = (family: readonly Process[]) => chromiumIn(family) && linesIn("profile") > 2;
      await endBy("SIGKILL", [...words, "--steps", "100000"], due, { TMPDIR: own });
      const left = profiles();
      expect(left).toEqual([expect.stringMatching(/^crf-rnn-[0-9a-f]{8}-\d+-\d+-\w{6}$/)]);
      expect(readdirSync(join(own, left[0]!))).toContain("profile");
      const others = [left[0]!.replace(/-\d+-/, "-1-"), left[0]!.replace(/-[0-9a-f]{8}-/, "-00000000-")];
      for (const name of others) mkdirSync(join(own, name));
      mkdirSync(join(own, "crf-rnn-of-a-user"));
      expect(await endBy("SIGINT", [...words, "--steps", "100000", "--resume"], due, { TMPDIR: own })).toMatchObject({
        status: 130,
      });
      // Process 1 lives, but did not begin when that folder's did; of another place nothing is known.
      expect(profiles().sort()).toEqual([others[1], "crf-rnn-of-a-user"].sort());
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});
