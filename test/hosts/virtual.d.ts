declare module "virtual:suites" {
  export const suites: import("./runner.ts").Suites;
}
declare module "virtual:tests";
