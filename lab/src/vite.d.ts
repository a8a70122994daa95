/// <reference types="vite/client" />

/** Made by lab/photographs.ts. */
declare module "virtual:photographs" {
  export const photographs: readonly import("./pictures/photographs.ts").Photograph[];
}
