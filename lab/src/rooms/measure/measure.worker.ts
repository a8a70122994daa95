import { serve } from "../../engine/serve.ts";
import { MeasureService } from "./service.ts";

serve((device) => new MeasureService(device));
