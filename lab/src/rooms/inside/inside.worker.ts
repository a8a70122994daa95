import { serve } from "../../engine/serve.ts";
import { InsideService } from "./service.ts";

serve((device) => new InsideService(device));
