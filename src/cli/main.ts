/** Entry of dist/cli.js, the program `crf-rnn`. */
import { main } from "./cli.ts";
import { endWithParent } from "./hosts.ts";

// The reader of a pipe may have seen enough, as in `crf-rnn --help | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});
endWithParent();
process.exitCode = await main(process.argv.slice(2));
