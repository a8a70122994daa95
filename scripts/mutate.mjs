// npm run mutate
import { launch } from "./launch.mjs";

await launch("test/mutation/mutate.ts");
