import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Slurm with this machine as its only node, which says that it has 16 processors. */
export class Slurm implements AsyncDisposable {
  readonly path = mkdtempSync(join(tmpdir(), "crf-rnn-slurm-"));
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(ports: readonly [number, number]) {
    for (const name of ["state", "spool"]) mkdirSync(join(this.path, name));
    chmodSync(this.path, 0o755);
    const file = (name: string): string => join(this.path, name);
    const lines = [
      "ClusterName=test",
      `SlurmctldHost=${hostname()}(127.0.0.1)`,
      "AuthType=auth/none",
      "CredType=cred/none",
      "SlurmUser=root",
      `SlurmctldPort=${ports[0]}`,
      `SlurmdPort=${ports[1]}`,
      `StateSaveLocation=${file("state")}`,
      `SlurmdSpoolDir=${file("spool")}`,
      ...["Slurmctld", "Slurmd"].flatMap((name) => [
        `${name}PidFile=${file(`${name}.pid`)}`,
        `${name}LogFile=${file(`${name}.log`)}`,
      ]),
      "ProctrackType=proctrack/linuxproc",
      "TaskPlugin=task/none",
      "SelectType=select/cons_tres",
      "SelectTypeParameters=CR_CPU",
      "SlurmdParameters=config_overrides",
      `NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=16 State=UNKNOWN`,
      "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
    ];
    writeFileSync(file("slurm.conf"), `${lines.join("\n")}\n`);
    this.#environment = { ...process.env, SLURM_CONF: file("slurm.conf") };
  }

  /** @throws Error where there is no Slurm, or no right to start it */
  static async start(): Promise<Slurm> {
    if (!["slurmctld", "slurmd", "srun"].every((name) => spawnSync("which", [name]).status === 0)) {
      const remedy = "apt-get install --no-install-recommends slurm-wlm libpmix-dev";
      throw new Error(`this test needs Slurm, and PMIx's library by the name that Slurm looks for: ${remedy}`);
    }
    if (process.getuid?.() !== 0) throw new Error("this test starts Slurm, which root alone may do");
    const slurm = new Slurm([await freePort(), await freePort()]);
    for (const daemon of ["slurmctld", "slurmd"]) slurm.run(daemon);
    for (let attempt = 0; slurm.run("sinfo", "--noheader", "--format=%t").trim() !== "idle"; attempt++) {
      if (attempt > 100) throw new Error(`Slurm does not come up:\n${slurm.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return slurm;
  }

  /** Runs one of Slurm's commands in a folder; returns what it prints. @throws Error unless it succeeds */
  run(command: string, ...words: readonly string[]): string {
    return execFileSync(command, words, { env: this.#environment, encoding: "utf8" });
  }

  /** The same within a folder, with other programs before the system's. */
  runIn(folder: string, command: string, ...words: readonly string[]): string {
    const env = { ...this.#environment, PATH: `${folder}:${process.env.PATH}` };
    return execFileSync(command, words, { cwd: folder, env, encoding: "utf8" });
  }

  log(): string {
    const file = join(this.path, "Slurmd.log");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Waits until a job's description fits. @throws Error with that description and the job's own words after some minutes */
  async until(job: string, fits: RegExp, log: string): Promise<void> {
    let described = "";
    for (let attempt = 0; attempt < 240; attempt++) {
      described = this.run("scontrol", "show", "job", job);
      if (fits.test(described)) return;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    const said = existsSync(log) ? readFileSync(log, "utf8") : "nothing";
    throw new Error(`expected a job that is ${fits}, got\n${described}\nwhich said\n${said}\n${this.log()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    spawnSync("scancel", ["--user", "root"], { env: this.#environment });
    for (const name of ["Slurmd", "Slurmctld"]) {
      const file = join(this.path, `${name}.pid`);
      if (!existsSync(file)) continue;
      const daemon = Number(readFileSync(file, "utf8"));
      process.kill(daemon);
      while (existsSync(`/proc/${daemon}`)) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    rmSync(this.path, { recursive: true, force: true });
  }
}
