// The habits of this code, as far as a program can tell them from one file. What reads across files (layers, cycles, mirrored
// paths, suites) is held by test/structure.test.ts. The rules read types, for which typescript-eslint needs the compiler's
// interface of TypeScript 6; TypeScript 7, which checks and emits, has none yet: see CONTRIBUTING.md.
import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const nodeGlobals = [
  "Buffer",
  "URL",
  "clearInterval",
  "clearTimeout",
  "console",
  "process",
  "setInterval",
  "setTimeout",
];

/** Words for `no-restricted-syntax`. */
const privateByWord = ["PropertyDefinition", "MethodDefinition", "TSParameterProperty"].map((node) => ({
  selector: `${node}[accessibility='private']:not([kind='constructor'])`,
  message: "Write #name: it is private at run time, too.",
}));
const defaultExport = {
  selector: "ExportDefaultDeclaration",
  message: "Export by name: a thing has one name everywhere.",
};

export default defineConfig(
  // AssemblyScript is no TypeScript: its compiler checks it, and prettier its form.
  globalIgnores([
    "assembly/",
    "build/",
    "**/dist/",
    "runs/",
    "site/",
    "site.new/",
    ".cache/",
    "docs/.vitepress/.temp/",
  ]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  eslint.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-duplicate-imports": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-unused-vars": ["error", { ignoreRestSiblings: true, varsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, "readonly"])) },
  },
  // Examples are for pages and servers; what they name is found out by running them.
  {
    files: ["examples/**/*.{js,jsx,mjs}"],
    languageOptions: { parserOptions: { ecmaFeatures: { jsx: true } } },
    rules: { "no-undef": "off" },
  },
  {
    files: ["src/**/*.ts", "test/**/*.ts", "bench/**/*.ts", "lab/**/*.{ts,tsx}", "docs/.vitepress/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // One form of imports of types: a statement of its own where all are types, the word before a name otherwise.
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { fixStyle: "inline-type-imports", disallowTypeAnnotations: false },
      ],
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // What was caught is thrown on as it came. That the library throws its own errors is held by test/structure.test.ts.
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true, allowArray: true },
      ],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidOperator: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/no-extraneous-class": ["error", { allowEmpty: true }],
      "no-empty-pattern": ["error", { allowObjectPatternsAsParameters: true }],
      // With noUncheckedIndexedAccess, `!` is how a loop says that its index is in bounds.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Functions are async so that what they throw is a rejection, whether they wait for something or not.
      "@typescript-eslint/require-await": "off",
      // Callers may be JavaScript, and engines older than the types: what types exclude is looked at all the same.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // Interfaces are written with methods; those that are taken out of an object are closures, which know no `this`.
      "@typescript-eslint/unbound-method": "off",
      // `void` says that there is no result, also where the type says so.
      "@typescript-eslint/no-meaningless-void-operator": "off",
      // What is no object any more for having been asked is still one to this rule.
      "@typescript-eslint/no-base-to-string": "off",
      // A type parameter may be what the caller says of a result.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
    },
  },
  {
    // Tests and benches read JSON of commands and other programs, and give what types exclude: what is wrong there fails.
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: Object.fromEntries(
      [
        "await-thenable",
        "no-explicit-any",
        "no-implied-eval",
        "no-misused-spread",
        "no-unsafe-argument",
        "no-unsafe-assignment",
        "no-unsafe-call",
        "no-unsafe-class-instance-assignment",
        "no-unsafe-enum-assignment",
        "no-unsafe-member-access",
        "no-unsafe-return",
        "restrict-plus-operands",
        "restrict-template-expressions",
        "return-await",
        "use-unknown-in-catch-callback-variable",
      ].map((name) => [`@typescript-eslint/${name}`, "off"]),
    ),
  },
  {
    files: ["src/**/*.ts", "lab/src/**/*.{ts,tsx}"],
    rules: { "no-restricted-syntax": ["error", defaultExport, ...privateByWord] },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/cli/**"],
    rules: { "no-console": "error" },
  },
);
