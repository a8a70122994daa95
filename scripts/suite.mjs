// npm run suite
import { launch } from "./launch.mjs";

await launch("test/hosts/suite.ts");
