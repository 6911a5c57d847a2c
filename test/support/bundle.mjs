// Joins the modules that a process of this product loads into few files, packages included: a process starts in half the
// time. What a command loads only when it needs it stays apart, and `import.meta.url` still names the place of the source.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Files that a process or a thread starts with, as compiled. */
const entries = ["apps/cli/main", "infra/journal/recorder", "infra/model/local/thread-entry"];

/** What is asked so often that even the number of its files counts: one of its own, with all that it takes. */
const alone = "apps/cli/status-line";

/** Native parts are found by their packages at run time. */
const external = ["@ast-grep/*", "msgpackr-extract"];

/** Where the parts lie that entries share. */
export const BUNDLE = "bundle";

/** Stands in the text of a module for its own URL until it is known which file that text comes to lie in. */
const PLACE = "__place_in_dist__";

/** Files by their path in `folder`, which holds the compiled product. Entries take the place of their compiled modules. */
export async function bundled(folder) {
  const present = entries.filter((entry) => existsSync(join(folder, `${entry}.js`)));
  if (present.length === 0) return new Map();
  const { build } = await import("esbuild");
  const options = {
    absWorkingDir: folder,
    outdir: folder,
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20.19",
    external,
    legalComments: "inline",
    logLevel: "error",
  };
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: present.map((entry) => ({ in: join(folder, `${entry}.js`), out: entry })),
    chunkNames: `${BUNDLE}/[name]-[hash]`,
    splitting: true,
    metafile: true,
    // CommonJS packages ask for Node's own modules by a `require` that a module does not have.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    plugins: [keepingPlaces(folder), leftAlone, withoutLocales],
  });
  const single = existsSync(join(folder, `${alone}.js`))
    ? await build({
        ...options,
        entryPoints: [{ in: join(folder, `${alone}.js`), out: alone }],
        plugins: [seldomNeeded(folder)],
      })
    : null;
  const files = new Map();
  for (const { path, text } of [...outputFiles, ...(single?.outputFiles ?? [])]) {
    const name = relative(folder, path);
    files.set(name, placed(text, name));
  }
  files.set(`${BUNDLE}/LICENSES.txt`, licences(folder, Object.keys(metafile.inputs)));
  return files;
}

/** Our own modules find their siblings by `import.meta.url`, which is the bundle's once they are joined. */
function keepingPlaces(folder) {
  return {
    name: "keeping-places",
    setup(build) {
      build.onLoad({ filter: /\.js$/ }, ({ path }) => {
        const name = relative(folder, path);
        if (name.startsWith("..")) return undefined;
        return {
          contents: readFileSync(path, "utf8").replaceAll("import.meta.url", `${PLACE}(${JSON.stringify(name)})`),
        };
      });
    },
  };
}

/** The command line's first file finds the one that stands alone beside it; whoever else needs it has it among its own. */
const leftAlone = {
  name: "left-alone",
  setup(build) {
    build.onResolve({ filter: /\/status-line\.js$/ }, ({ path, importer }) =>
      importer.endsWith(join("apps", "cli", "main.js")) ? { path, external: true } : undefined,
    );
  },
};

/** What few status lines need would bring modules of Node's along for all: it stays a compiled module of its own. */
function seldomNeeded(folder) {
  return {
    name: "seldom-needed",
    setup(build) {
      build.onResolve({ filter: /\/packed\.js$/ }, ({ path, resolveDir }) => ({
        path: relative(dirname(join(folder, alone)), join(resolveDir, path)),
        external: true,
      }));
    },
  };
}

/** zod brings its messages along in some sixty languages, which every start would read; ours are English. */
const withoutLocales = {
  name: "without-locales",
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

function placed(text, file) {
  const up = "../".repeat(file.split("/").length - 1);
  return text.replaceAll(
    new RegExp(`${PLACE}\\("([^"]+)"\\)`, "g"),
    (_, name) => `new URL(${JSON.stringify(`${up || "./"}${name}`)}, import.meta.url).href`,
  );
}

/** What the licences of the packages inside ask for: their own text goes wherever their code goes. */
export function licences(folder, inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found !== null) packages.add(found[1]);
  }
  return [...packages]
    .sort()
    .map((home) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, home, "package.json"), "utf8"));
      const texts = readdirSync(join(folder, home))
        .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
        .sort()
        .map((file) => readFileSync(join(folder, home, file), "utf8").trim());
      return [`${name} ${version} (${license})`, ...texts].join("\n\n");
    })
    .join(`\n\n${"-".repeat(80)}\n\n`)
    .concat("\n");
}
