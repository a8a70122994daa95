import { installFrom } from "../bundles/installTools.ts";
import { root } from "../hosts/folders.ts";
import { runtimes } from "./runtimes.ts";

/** The inference runtimes that the bridges lead to, 0.7 GB. */
const installRuntimes = (): Promise<void> => installFrom(`${root}test/bridges/runtimes/`, runtimes);

export default installRuntimes;
