/** Every host with every signal, and kills at random moments. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { describeBench, describeTraining, endBy, folder, hosts } from "./endings.ts";
import { readMetrics, trainWords } from "./training.ts";

for (const host of hosts) {
  describeTraining(host, ["SIGHUP", "SIGTERM", "SIGINT"]);
  describeBench(host, ["SIGHUP", "SIGTERM", "SIGKILL"]);
}

/** How often to kill at random moments; more for a figure. */
const kills = Number(process.env.CRF_RNN_KILLS ?? 3);

describe.each(hosts)("crf-rnn train --host %s", (host) => {
  test(`killed ${kills} times at random moments ends in the bits of a run that was not`, async () => {
    const words = (run: string) =>
      trainWords(run, ..."--steps 24 --save-every 2 --seed 5 --quiet --host".split(" "), host);
    expect(folder.run(words(`${host}-whole`))).toMatchObject({ status: 0, stderr: "" });
    const run = `${host}-killed`;
    const checkpoint = (of: string): Buffer => readFileSync(folder.file(`${of}/checkpoint.safetensors`));
    for (let kill = 0; kill < kills; kill++) {
      const moment = Date.now() + Math.random() * 3000;
      await endBy(
        "SIGKILL",
        [...words(run), ...(existsSync(folder.file(run)) ? ["--resume"] : [])],
        () => Date.now() > moment,
      );
    }
    const last = existsSync(folder.file(run)) ? ["--resume"] : [];
    expect(folder.run([...words(run), ...last])).toMatchObject({ status: 0, stderr: "" });
    expect(checkpoint(run).equals(checkpoint(`${host}-whole`))).toBe(true);
    const metrics = (of: string) => readMetrics(folder, of).map((metric) => ({ ...metric, seconds: undefined }));
    expect(metrics(run)).toEqual(metrics(`${host}-whole`));
  });
});
