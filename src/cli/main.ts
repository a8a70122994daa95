/** Entry of dist/cli.js, the program `crf-rnn`. */
import { main } from "./cli.ts";
import { endWithParent } from "./hosts.ts";

// The reader of a pipe may have seen enough, as in `crf-rnn --help | head`, and a terminal may close: work goes on, unheard.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
});
endWithParent();
process.exitCode = await main(process.argv.slice(2));
