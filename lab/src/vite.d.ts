/// <reference types="vite/client" />

/** Made by lab/pictures.ts. */
declare module "virtual:pictures" {
  export const pictures: readonly import("./pictures/pictures.ts").Picture[];
}
