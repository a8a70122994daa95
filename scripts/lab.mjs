// npm run lab: the lab and the site in a browser, from a server on the loopback interface. Builds what is missing or stale before.
import { Command, InvalidArgumentError } from "commander";
import open from "open";
import { refresh, site } from "./site/build.mjs";
import { serveSite } from "./site/serve.mjs";

/** The same every time, so that what a browser keeps for the page, such as its settings, is found again. */
const usual = 4180;

const program = new Command("npm run lab --")
  .description("builds what is missing or stale, serves the lab and the site on this machine alone, and opens the lab")
  .option("--port <n>", `the port to serve on (default: ${usual}, or a free one where that is taken)`, portOf)
  .option("--no-open", "open no browser")
  .helpOption("-h, --help", "print help");

function portOf(text) {
  if (/^\d+$/.test(text) && Number(text) < 65536) return Number(text);
  throw new InvalidArgumentError("expected a whole number, 0 to 65535");
}

/** A port that was asked for has to be free; the usual one need not. */
async function serve(port) {
  try {
    return await serveSite(site, { port: port ?? usual });
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    if (port === undefined) return serveSite(site);
    throw new Error(`Port ${port} is taken: name another one, or none.`, { cause: error });
  }
}

try {
  const { port, open: opens } = program.parse().opts();
  const isThere = await refresh();
  const { url, close } = await serve(port);
  const page = isThere ? `${url}lab/` : url;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, close);
  process.stdout.write(`The lab is at ${page}, the site at ${url}; Ctrl-C ends both.\n`);
  // Where there is no browser, as on a server, the address above is all there is to say.
  if (opens) (await open(page).catch(() => undefined))?.on("error", () => {});
} catch (error) {
  process.stderr.write(`lab: ${error.message}\n`);
  process.exitCode = 1;
}
