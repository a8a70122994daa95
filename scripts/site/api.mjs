// The reference of what the entries export, one Markdown page a name, from types and doc comments.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Application } from "typedoc";
import { entries, importName } from "../entries.mjs";

/** Writes the pages and `typedoc-sidebar.json`, which lists them, into `docs/api`; returns how many entries have one. */
export async function writeApi(root) {
  const docs = join(root, "docs");
  const out = join(docs, "api");
  await rm(out, { recursive: true, force: true });
  const app = await Application.bootstrapWithPlugins({
    name: "API reference",
    entryPoints: Object.values(entries).map(({ source }) => join(root, source)),
    sortEntryPoints: false,
    basePath: root,
    tsconfig: join(root, "tsconfig.json"),
    skipErrorChecking: true, // npm run typecheck does it, by another compiler
    plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
    out,
    docsRoot: docs,
    readme: "none",
    logLevel: "Warn",
    excludeInternal: true,
    excludePrivate: true,
    disableSources: true, // no repository is known that could be linked to
    // What an exported type is made of need not be exported; a name that a comment links to has to be there.
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    expandParameters: true,
    indexFormat: "table",
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    classPropertiesFormat: "table",
    propertyMembersFormat: "table",
    typeDeclarationFormat: "table",
    tableColumnSettings: { hideInherited: true, hideModifiers: true, hideOverrides: true, hideSources: true },
  });
  const project = await app.convert();
  if (!project) throw new Error("TypeDoc could not read the sources; it says above why.");
  for (const [name, { source }] of Object.entries(entries)) {
    const module = project.children.find((child) => [`${child.name}.ts`, `${child.name}/index.ts`].includes(source));
    if (!module) throw new Error(`TypeDoc has no module for ${source}.`);
    module.name = importName(name);
    if (!module.comment)
      throw new Error(`${source} needs a doc comment with @module at its top, which the site shows.`);
  }
  app.validate(project);
  await app.generateOutputs(project);
  const complaints = app.logger.errorCount + app.logger.warningCount;
  if (complaints > 0) throw new Error(`TypeDoc complains ${complaints} times; see above.`);
  return Object.keys(entries).length;
}
