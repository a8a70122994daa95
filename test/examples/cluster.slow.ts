import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { importTool, tools } from "../bundles/tools.ts";
import { root } from "../hosts/folders.ts";

const text = (name: string): string => readFileSync(`${root}examples/cluster/${name}`, "utf8");

interface Model {
  readonly Job: new (job: object) => { validate(): void };
}

test("the job of Kubernetes is one by Kubernetes' own schema, without a field that it does not know", async () => {
  const { Job }: Model = await importTool("kubernetes-models/batch/v1");
  const job = parse(text("segment-job.yaml")) as { spec: Record<string, unknown> };
  expect(() => new Job(job).validate()).not.toThrow();
  expect(() => new Job({ ...job, spec: { ...job.spec, completions: "16" } }).validate()).toThrow(/completions must be/);

  // The schema says nothing against other fields, but its types do.
  const problemsOf = (value: object): string => {
    const file = `${tools}job.ts`;
    writeFileSync(
      file,
      `import type { IJob } from "kubernetes-models/batch/v1/Job";\nexport const job: IJob = ${JSON.stringify(value)};\n`,
    );
    try {
      const flags = "--noEmit --strict --skipLibCheck --ignoreConfig --target es2022 --module nodenext".split(" ");
      execFileSync(`${root}node_modules/.bin/tsc`, [...flags, file], { encoding: "utf8" });
      return "";
    } catch (error) {
      return (error as { readonly stdout: string }).stdout;
    } finally {
      rmSync(file);
    }
  };
  expect(problemsOf(job)).toBe("");
  expect(problemsOf({ ...job, spec: { ...job.spec, backoffLimitPerIndx: 3 } })).toMatch(
    /'"backoffLimitPerIndx"' does not exist/,
  );
});

test("the Dockerfile is without what linters warn of", async () => {
  const { run }: { run(folder: string, text: string): { title: string }[] } = await importTool("dockerfilelint");
  expect(run(root, text("Dockerfile"))).toEqual([]);
  expect(run(root, "FROM debian\nRUN apt-get install vim\n").length).toBeGreaterThan(0);
});

test("what the Dockerfile installs is in the Debian that it begins from", () => {
  const [, release] = /^FROM node:\d+-(\w+)-slim$/m.exec(text("Dockerfile"))!;
  const own = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  expect(own).toBe(release);
  const words = /apt-get install ([^\n\\]*)/.exec(text("Dockerfile"))![1]!.trim().split(" ");
  const packages = words.filter((word) => !word.startsWith("-"));
  const known = execFileSync("apt-cache", ["policy", ...packages], { encoding: "utf8" });
  expect([...known.matchAll(/^ {2}Candidate: \d/gm)]).toHaveLength(packages.length);
});
