import { serve } from "../../../lab/src/engine/serve.ts";
import { EchoService } from "./echo.ts";

serve((device) => new EchoService(device));
