import { mkdirSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveSite } from "../../scripts/site/serve.mjs";
import { Folder } from "../cli/command.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Asks for a path as it is written, which `fetch` would tidy up. */
const ask = (url: string, path: string, options: object = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    asked.once("error", reject).end();
  });

let folder: Folder;
let server: Awaited<ReturnType<typeof serveSite>>;

beforeAll(async () => {
  folder = new Folder();
  mkdirSync(folder.file("site/lab"), { recursive: true });
  folder.write("secret.txt", "not for you");
  folder.write("site/index.html", "first page");
  folder.write("site/lab.html", "page beside the lab");
  folder.write("site/lab/index.html", "the lab");
  folder.write("site/a.js", "1");
  folder.write("site/a.wasm", "2");
  server = await serveSite(folder.file("site"));
});

afterAll(() => {
  server.close();
  folder[Symbol.dispose]();
});

describe("the site's server", () => {
  test("is on the loopback interface, and isolates every page, what is missing included", async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    for (const path of ["/", "/a.js", "/none"]) {
      expect((await ask(server.url, path)).headers).toMatchObject({
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
      });
    }
  });

  test.each([
    ["/", "text/html", "first page"],
    ["/?a=/b/", "text/html", "first page"],
    ["/lab/", "text/html", "the lab"],
    ["/lab.html", "text/html", "page beside the lab"],
    ["/a.js", "text/javascript", "1"],
    ["/a.wasm", "application/wasm", "2"],
  ])("%s is %s", async (path, type, text) => {
    const answer = await ask(server.url, path);
    expect(answer).toMatchObject({ status: 200, text });
    expect(answer.headers["content-type"]).toContain(type);
  });

  test.each([
    "/../secret.txt",
    "/lab/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "//secret.txt",
    "/%00",
  ])("%s leads to nothing", async (path) => {
    expect(await ask(server.url, path)).toMatchObject({ status: 404, text: "nothing here" });
  });

  test("refuses another name than its own, and what only asks", async () => {
    const foreign = await ask(server.url, "/", { headers: { host: "example.org" } });
    expect(foreign).toMatchObject({ status: 403, text: "expected this server's own name" });
    expect(await ask(server.url, "/", { method: "POST" })).toMatchObject({ status: 405, text: "expected GET" });
    const localhost = `localhost:${new URL(server.url).port}`;
    expect((await ask(server.url, "/", { headers: { host: localhost } })).status).toBe(200);
  });

  test("serves below a base alone", async () => {
    const below = await serveSite(folder.file("site"), { base: "/some/where/" });
    expect((await ask(below.url, "/some/where/lab/")).text).toBe("the lab");
    expect(await ask(below.url, "/lab/")).toMatchObject({ status: 404 });
    below.close();
  });

  test("says that a port is taken", async () => {
    const port = Number(new URL(server.url).port);
    await expect(serveSite(folder.file("site"), { port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
