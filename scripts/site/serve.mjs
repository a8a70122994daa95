// A server of the built site on the loopback interface.
import { createServer } from "node:http";
import sirv from "sirv";

/** Headers that make the pages cross-origin isolated, so that threads may share memory, and that let nothing else embed them. */
const headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

/**
 * Serves the files of `folder`, below `base`, and nothing else: their list is made once, so that no path leads out of the folder. A request
 * under another name than the server's own is refused, since a page elsewhere may have given its name this address.
 * @throws Error of Node, with its code, where the port is taken
 */
export async function serveSite(folder, { port = 0, base = "/" } = {}) {
  const files = sirv(folder, { etag: true, extensions: [""] }); // as static hosts do, `lab/` is its index.html, and nothing is guessed
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refuse = (status, reason) =>
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(reason);
    const names = ["127.0.0.1", "localhost"].map((name) => `${name}:${server.address().port}`);
    const [path] = request.url.split("?", 1);
    if (!names.includes(request.headers.host)) return refuse(403, "expected this server's own name");
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, "expected GET");
    if (!path.startsWith(base)) return refuse(404, `nothing here: the site is at ${base}`);
    request.url = `/${path.slice(base.length)}`.replace(/\/$/, "/index.html");
    files(request, response, () => refuse(404, "nothing here"));
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${base}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
