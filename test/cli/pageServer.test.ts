import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { servePage, type PageServer } from "../../src/cli/pageServer.ts";
import { serveRun } from "../../src/cli/train/inPage.ts";
import { unpackSample } from "../../src/train/remote.ts";
import { Memory, toyConfiguration } from "../train/toy.ts";
import { Folder } from "./command.ts";
import { familyOf, listening, until } from "./processes.ts";
import { begin, shapesFolder, trainWords } from "./training.ts";

let folder: Folder;
beforeAll(() => {
  folder = new Folder();
  folder.write("bundle.js", "export const answer = 42;");
  folder.write("secret.txt", "beside the folders that are served");
  folder.write("init.safetensors", "what a run begins from");
});
afterAll(() => {
  folder[Symbol.dispose]();
  console.info(`requests by status: ${JSON.stringify(Object.fromEntries(tally))}`);
});

/** Requests by the status of the answer; 0 where there was none. */
const tally = new Map<number, number>();

let surroundings: Memory;
let server: PageServer;
let host: string;
let token: string;
beforeEach(async () => {
  surroundings = new Memory();
  const places = { bundle: folder.path, missing: undefined };
  const begin = { configuration: toyConfiguration, init: folder.file("init.safetensors") };
  server = await servePage(places, true, serveRun(begin, surroundings));
  ({ host } = new URL(server.url));
  [, token = ""] = new URL(server.url).pathname.split("/");
});
afterEach(() => server.close());

const send = (text: string, options?: { readonly hangUp: boolean }): Promise<string> =>
  exchange(Number(host.split(":")[1]), text, options);

/** Sends bytes as they are and returns what comes back until the connection ends; `hangUp` ends it from this side. */
async function exchange(port: number, text: string, { hangUp = false } = {}): Promise<string> {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(text, () => hangUp && setTimeout(() => socket.resetAndDestroy(), 20));
    });
    let said = "";
    socket.setEncoding("latin1").on("data", (piece: string) => (said += piece));
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? resolve(said) : reject(error)));
    socket.on("close", () => resolve(said));
  });
  const status = statusOf(answer) || 0;
  tally.set(status, (tally.get(status) ?? 0) + 1);
  return answer;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request with these headers beside Host, on a connection of its own. */
function ask(target: string, { method = "GET", headers = {}, body = "" }: Asked = {}): Promise<string> {
  const all = { host, connection: "close", ...(body && { "content-length": String(body.length) }), ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === "" ? [] : [`${name}: ${value}`]));
  return send([`${method} ${target} HTTP/1.1`, ...lines, "", body].join("\r\n"));
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
const bodyOf = (answer: string): string => answer.slice(answer.indexOf("\r\n\r\n") + 4);

/** After whatever happened, the page is served as before. */
async function expectServing(): Promise<void> {
  expect(statusOf(await ask(`/${token}/`))).toBe(200);
  expect(surroundings.saves).toEqual([]);
}

describe("the page", () => {
  test("gets itself, the folders' files, samples and files to begin from", async () => {
    expect(bodyOf(await ask(`/${token}/`))).toContain("<!doctype html>");
    const script = await ask(`/${token}/bundle/bundle.js`);
    expect(bodyOf(script)).toBe("export const answer = 42;");
    expect(script).toMatch(/^content-type: text\/javascript/im);
    expect(bodyOf(await ask(`/${token}/begin/init`))).toBe("what a run begins from");
    const response = await fetch(`${server.url}sample/train/4`, { headers: { origin: `http://${host}` } });
    expect(unpackSample(await response.arrayBuffer())).toEqual({
      logits: undefined,
      ...(await surroundings.sample("train", 4)),
    });
  });

  test("sends the files that a run writes, and no others", async () => {
    const body = "a whole checkpoint";
    const saved = await ask(`/${token}/save/checkpoint.safetensors`, { method: "POST", body });
    expect(statusOf(saved)).toBe(200);
    expect(new TextDecoder().decode(surroundings.files.get("checkpoint.safetensors"))).toBe(body);
    for (const name of ["report.html", "metrics.jsonl", "lock.json", "..%2Fsecret.txt", "constructor", "x/y", ""]) {
      const answer = await ask(`/${token}/save/${name}`, { method: "POST", body });
      expect(statusOf(answer), name).toBeGreaterThanOrEqual(400);
      expect(statusOf(answer), name).toBeLessThan(500);
    }
    expect(surroundings.saves).toEqual(["checkpoint.safetensors"]);
  });

  test("is cross-origin isolated, and nothing is shared with other origins, refusals included", async () => {
    for (const target of [
      `/${token}/`,
      `/${token}/bundle/bundle.js`,
      `/${token}/sample/val/0`,
      "/",
      `/${token}/nothing`,
    ]) {
      const [head] = (await ask(target, { headers: { origin: `http://${host}` } })).split("\r\n\r\n") as [string];
      expect(head).toMatch(/^cross-origin-opener-policy: same-origin\r?$/im);
      expect(head).toMatch(/^cross-origin-embedder-policy: require-corp\r?$/im);
      expect(head).toMatch(/^cross-origin-resource-policy: same-origin\r?$/im);
      expect(head).not.toMatch(/^access-control-/im);
    }
  });
});

describe("the page's server refuses", () => {
  const refused = async (target: string, status: number, asked: Asked = {}): Promise<void> => {
    const answer = await ask(target, asked);
    expect({ target, asked, status: statusOf(answer) }).toEqual({ target, asked, status });
    expect(answer).not.toContain("answer");
  };

  test("paths without the token, or with another", async () => {
    const other = `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`;
    const targets = [
      "/",
      "//",
      "/%",
      "/bundle/bundle.js",
      "/sample/train/0",
      "/__proto__/x",
      "/constructor/x",
      "/*",
      "/?",
    ];
    for (const target of targets) await refused(target, 404);
    for (const word of [other, token.slice(1), `${token}x`, token.toLowerCase(), encodeURI(token) + "%00", ""]) {
      await refused(`/${word}/bundle/bundle.js`, 404);
      await refused(`/${word}/save/checkpoint.safetensors`, 404, { method: "POST", body: "overwritten" });
    }
    expect(token.length).toBeGreaterThanOrEqual(22); // 128 bits in base 64
    await expectServing();
  });

  test("every name of the host but its own", async () => {
    const port = host.split(":")[1];
    for (const name of [
      "evil.example",
      `evil.example:${port}`,
      `localhost:${port}`,
      "127.0.0.1",
      "127.0.0.1:1",
      `[::1]:${port}`,
    ]) {
      await refused(`/${token}/bundle/bundle.js`, 403, { headers: { host: name } });
      await refused(`/${token}/sample/train/0`, 403, { headers: { host: name } });
    }
    await refused(`/${token}/bundle/bundle.js`, 400, { headers: { host: "" } });
    const twice = await send(
      `GET /${token}/ HTTP/1.1\r\nhost: ${host}\r\nhost: evil.example\r\nconnection: close\r\n\r\n`,
    );
    expect(statusOf(twice)).toBeGreaterThanOrEqual(400);
    expect(statusOf(await send(`GET /${token}/ HTTP/1.0\r\n\r\n`))).toBe(403);
    await refused(`http://evil.example/${token}/bundle/bundle.js`, 404);
    await expectServing();
  });

  test("requests of other origins", async () => {
    const port = host.split(":")[1];
    const origins = [
      "null",
      "http://evil.example",
      `http://localhost:${port}`,
      `https://${host}`,
      "http://127.0.0.1",
      host,
    ];
    for (const origin of origins) {
      await refused(`/${token}/sample/train/0`, 403, { headers: { origin } });
      const upload = {
        method: "POST",
        headers: { origin, "content-type": "text/plain" },
        body: "OVERWRITTEN BY A WEB PAGE",
      };
      await refused(`/${token}/save/checkpoint.safetensors`, 403, upload);
      await refused(`/${token}/`, 403, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
    }
    await expectServing();
  });

  test("paths that are no paths, lead out of a folder, or name what every object has", async () => {
    const bad = [
      "%",
      "%ff",
      "%00",
      "bundle/%2e%2e/secret.txt",
      "bundle/..",
      "../x",
      "bundle//bundle.js",
      "bundle/..%2f",
      "bundle/%5c",
    ];
    for (const path of bad) await refused(`/${token}/${path}`, 400);
    await refused(`/${token}//`, 400);
    const nowhere = [
      "__proto__/x",
      "constructor/x",
      "toString/x",
      "bundle",
      "bundle/",
      "missing/x",
      "begin/resume",
      "begin/__proto__",
    ];
    for (const path of nowhere) {
      const answer = await ask(`/${token}/${path}`);
      expect([400, 404], path).toContain(statusOf(answer));
    }
    await refused(`/${token}/bundle/nothing.js`, 404);
    await expectServing();
  });

  test("samples that are none", async () => {
    const words = [
      "train/5",
      "val/2",
      "train/-1",
      "train/1.5",
      "train/1e0",
      "train/9999",
      "train/0x1",
      "train/NaN",
      "train/",
      "test/0",
    ];
    for (const path of [...words, "__proto__/0", "constructor/0", "train/0/0", `train/${"9".repeat(40)}`, "train"]) {
      const status = statusOf(await ask(`/${token}/sample/${path}`));
      expect([400, 404], path).toContain(status);
    }
    await expectServing();
  });

  test("other methods", async () => {
    for (const method of ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"]) {
      for (const path of ["", "bundle/bundle.js", "sample/train/0", "begin/init"]) {
        await refused(`/${token}/${path}`, 405, { method });
      }
    }
    await refused(`/${token}/save/checkpoint.safetensors`, 405);
    await expectServing();
  });

  test("uploads that are too large, by what they say and by what they are", async () => {
    const target = `/${token}/save/samples.safetensors`;
    const large = 2 ** 21;
    const told = await send(
      `POST ${target} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: ${large}\r\nexpect: 100-continue\r\n\r\n`,
    );
    expect(told).toMatch(/^HTTP\/1\.1 413/m);
    const piece = `${(2 ** 16).toString(16)}\r\n${"x".repeat(2 ** 16)}\r\n`;
    const chunks = await send(
      `POST ${target} HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked\r\n\r\n${piece.repeat(17)}`,
    );
    expect(statusOf(chunks)).toBe(413);
    await expectServing();
  });

  test("uploads that are broken off, whose file is as it was", async () => {
    const target = `/${token}/save/checkpoint.safetensors`;
    const head = `POST ${target} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000\r\n\r\n`;
    for (const body of ["", "half a checkpoint"]) await send(head + body, { hangUp: true });
    await send(`POST ${target} HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhalf`, {
      hangUp: true,
    });
    await expectServing();
    expect(statusOf(await ask(target, { method: "POST", body: "whole" }))).toBe(200);
  });

  test("a second upload of a file while one is under way", async () => {
    const target = `/${token}/save/checkpoint.safetensors`;
    const begun = new Promise<void>((resolve) => {
      surroundings.save = async (_, produce) => produce({ write: async () => resolve() });
    });
    const slow = send(`POST ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: 4\r\n\r\nab`);
    await begun;
    const status = statusOf(await ask(target, { method: "POST", body: "other" }));
    expect(status).toBe(409);
    server.close();
    await slow;
  });

  test("what is no HTTP, in pieces or hanging", async () => {
    const texts = [
      "\0\0\0\0\r\n\r\n",
      "GET\r\n\r\n",
      `GET /${token}/ HTTP/9.9\r\n\r\n`,
      "\x16\x03\x01\x02\x00\x01",
      "CONNECT x:1 HTTP/1.1\r\n\r\n",
    ];
    for (const text of texts) expect(statusOf((await send(text, { hangUp: true })) || "HTTP/1.1 400")).toBe(400);
    const long = await send(`GET /${"x".repeat(100_000)} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, { hangUp: true });
    expect([431, NaN]).toContain(statusOf(long));
    await send(`GET /${token}/sample/train/0 HTTP/1.1\r\nhost: ${host}\r\n\r\n`, { hangUp: true });
    await expectServing();
  });
});

test("what fails here, and not in the request, is told with status 500", async () => {
  surroundings.sample = async () => {
    throw new Error("the image is damaged");
  };
  const answer = await ask(`/${token}/sample/train/0`);
  expect(statusOf(answer)).toBe(500);
  expect(bodyOf(answer)).toContain("the image is damaged");
});

describe("crf-rnn train --host chromium, attacked", () => {
  test("by all that needs no token, ends as a run that is left alone, to the same bits", async () => {
    using shapes = shapesFolder();
    const words = (run: string) => trainWords(run, ..."--steps 20 --save-every 3 --quiet --host chromium".split(" "));
    expect(shapes.run(words("alone"))).toMatchObject({ status: 0, stderr: "" });
    const mark = randomUUID();
    const child = begin(shapes, words("attacked"), { CRF_RNN_TEST: mark });
    let said = "";
    child.stderr!.on("data", (text: Buffer) => (said += text.toString()));
    const ended = once(child, "close") as Promise<[number | null]>;
    const { port } = await until(() => {
      const found = listening(familyOf(child.pid!, mark));
      return found[0];
    });
    const attacks = [
      "GET /% HTTP/1.1\r\nhost: HOST",
      "GET // HTTP/1.1\r\nhost: HOST",
      "GET /__proto__/x HTTP/1.1\r\nhost: HOST",
      "GET /constructor HTTP/1.1\r\nhost: HOST",
      "GET /sample/train/0 HTTP/1.1\r\nhost: HOST",
      "GET /sample/train/9999 HTTP/1.1\r\nhost: evil.example:PORT",
      "GET /begin/init HTTP/1.1\r\nhost: localhost:PORT",
      "POST /save/checkpoint.safetensors HTTP/1.1\r\nhost: HOST\r\norigin: http://localhost:1\r\ncontent-length: 26",
      "POST /save/samples.safetensors HTTP/1.1\r\nhost: HOST\r\ncontent-length: 9999999999",
      "GARBAGE",
    ].map((head) => head.replaceAll("HOST", `127.0.0.1:${port}`).replaceAll("PORT", String(port)));
    const statuses: number[] = [];
    while (child.exitCode === null) {
      for (const head of attacks) {
        const text = `${head}\r\nconnection: close\r\n\r\nOVERWRITTEN BY A WEB PAGE`;
        const answer = await exchange(port, text).catch(() => ""); // none when the run has ended
        if (answer !== "") statuses.push(statusOf(answer));
      }
    }
    expect(await ended).toEqual([0, null]);
    expect(said).toBe("");
    expect(statuses.length).toBeGreaterThan(attacks.length);
    expect(statuses.filter((status) => !(status >= 400 && status < 500))).toEqual([]);
    const checkpoint = (run: string): Buffer => readFileSync(shapes.file(`${run}/checkpoint.safetensors`));
    expect(checkpoint("attacked").equals(checkpoint("alone"))).toBe(true);
  });
});
