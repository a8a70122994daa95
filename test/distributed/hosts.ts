import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import type { Folder } from "../cli/command.ts";

const ip = (...words: readonly string[]): string => execFileSync("ip", words, { encoding: "utf8" });

/** Two hosts on this machine: network namespaces with one cable between them, each with a name of its own. */
export interface TwoHosts extends Disposable {
  readonly addresses: readonly [string, string];
  /** Words that run a command on the first host. */
  readonly first: readonly string[];
  /** A program that runs a command on a host as `ssh` does, for launchers. */
  readonly shell: string;
  /** Bytes that the first host has sent. */
  sent(): number;
}

/** Whether this process may make network namespaces: root may, outside of most containers. */
export function canMakeHosts(): boolean {
  const name = `crf-rnn-try-${process.pid}`;
  if (spawnSync("ip", ["netns", "add", name]).status !== 0) return false;
  ip("netns", "delete", name);
  return true;
}

export async function twoHosts(folder: Folder): Promise<TwoHosts> {
  const names = ["a", "b"].map((letter) => `crf-rnn-${process.pid}-${letter}`) as [string, string];
  const addresses = ["10.77.0.1", "10.77.0.2"] as const;
  for (const name of names) ip("netns", "add", name);
  ip("link", "add", "eth0", "netns", names[0], "type", "veth", "peer", "name", "eth0", "netns", names[1]);
  for (const [index, name] of names.entries()) {
    ip("-n", name, "address", "add", `${addresses[index]}/24`, "dev", "eth0");
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "link", "set", "eth0", "up");
  }
  const shell = folder.file(
    folder.write(
      "shell",
      `#!/bin/sh
while [ "\${1#-}" != "$1" ]; do shift; done
case $1 in ${addresses[0]}) host=${names[0]} ;; *) host=${names[1]} ;; esac
shift
exec ip netns exec $host unshare --uts sh -c "hostname $host; $*"
`,
    ),
  );
  chmodSync(shell, 0o755);
  // A cable that was just plugged in is not ready yet.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return {
    addresses,
    first: ["ip", "netns", "exec", names[0]],
    shell,
    sent() {
      const [link] = JSON.parse(ip("-n", names[0], "-statistics", "-json", "link", "show", "eth0")) as [
        { readonly stats64: { readonly tx: { readonly bytes: number } } },
      ];
      return link.stats64.tx.bytes;
    },
    [Symbol.dispose]: () => names.forEach((name) => ip("netns", "delete", name)),
  };
}
