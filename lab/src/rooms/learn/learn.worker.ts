import { serve } from "../../engine/serve.ts";
import { Desk } from "./desk.ts";
import { LearnService } from "./service.ts";

/** The run outlives the device: whoever chooses another one goes on with it there. */
const desk = new Desk();

serve((device) => new LearnService(device, desk));
