import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { validate } from "dockerfile-utils";
import { afterEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { root } from "../hosts/folders.ts";
import { checkCommand } from "../snippets/shell.ts";

const folder = `${root}examples/cluster/`;
const text = (name: string): string => readFileSync(`${folder}${name}`, "utf8");
const scripts = readdirSync(folder).filter((name) => /\.(sh|slurm)$/.test(name));

afterEach(() => void vi.unstubAllEnvs());

/** The commands of a script, as the command line would get them for the third of 16 jobs. */
function commandsOf(script: string): string[] {
  const lines = script.replace(/\\\n\s*/g, " ").split("\n");
  const commands = lines.map((line) => /^[^#]*\bnpx (crf-rnn .*)/.exec(line)?.[1]).filter((line) => line !== undefined);
  return commands.map((command) =>
    command
      .replace(/ (>|\|\||:::) .*/, "")
      .replace(/ "\$\{\w+\[@\]\}"/, " --resume")
      .replace(/"\$\{\w+:-(\d+)\}"/g, "$1")
      .replace(/"\$(\w+)"/g, "$1")
      .replace("{}/16", "3/16"),
  );
}

describe.each(scripts)("examples/cluster/%s", (name) => {
  test("is sound to bash", () => {
    expect(
      execFileSync("bash", ["-n", `${folder}${name}`], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }),
    ).toBe("");
  });

  test("gives crf-rnn flags that it takes", async () => {
    vi.stubEnv("SLURM_ARRAY_TASK_ID", "3");
    vi.stubEnv("SLURM_ARRAY_TASK_COUNT", "16");
    const commands = commandsOf(text(name));
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) await checkCommand({ where: "examples/cluster/README.md:1", text: command });
  });
});

interface Job {
  readonly kind: string;
  readonly spec: {
    readonly completionMode: string;
    readonly completions: number;
    readonly podFailurePolicy: {
      readonly rules: readonly { readonly onExitCodes: { readonly containerName: string } }[];
    };
    readonly template: {
      readonly spec: {
        readonly restartPolicy: string;
        readonly containers: readonly {
          readonly name: string;
          readonly args: readonly string[];
          readonly volumeMounts: readonly { readonly name: string }[];
        }[];
        readonly volumes: readonly { readonly name: string }[];
      };
    };
  };
}

test("the job of Kubernetes is an indexed one, of as many parts as it has pods, whose flags are crf-rnn's", async () => {
  const { kind, spec } = parse(text("segment-job.yaml"), { strict: true, uniqueKeys: true }) as Job;
  expect([kind, spec.completionMode, spec.template.spec.restartPolicy]).toEqual(["Job", "Indexed", "Never"]);
  const [container] = spec.template.spec.containers;
  expect(container!.args).toContain(`auto/${spec.completions}`);
  expect(container!.volumeMounts.map(({ name }) => name)).toEqual(spec.template.spec.volumes.map(({ name }) => name));
  expect(spec.podFailurePolicy.rules.map(({ onExitCodes }) => onExitCodes.containerName)).toEqual([container!.name]);
  vi.stubEnv("JOB_COMPLETION_INDEX", `${spec.completions - 1}`);
  const words = ["crf-rnn", ...container!.args].join(" ");
  await checkCommand({ where: "examples/cluster/README.md:1", text: words });
});

test("the Dockerfile is sound, and asks NVIDIA's runtime for graphics", () => {
  const file = text("Dockerfile");
  expect(validate(file).map(({ message }) => message)).toEqual([]);
  expect(file).toMatch(/^ENV NVIDIA_DRIVER_CAPABILITIES=.*\bgraphics\b/m);
  expect(validate("FROM node\nRUNN true\n")).toHaveLength(1); // what the check is good for
});
