import { serve } from "../../engine/serve.ts";
import { RefineService } from "./service.ts";

serve((device) => new RefineService(device));
