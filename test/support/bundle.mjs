// Joins the modules that a process of this product loads into few files, packages included: a process starts in half the
// time. What a command loads only when it needs it stays apart, and `import.meta.url` still names the place of the source.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Files that a process or a thread starts with, as compiled. */
const entries = ["apps/cli/main", "infra/journal/recorder", "infra/model/local/thread-entry"];

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
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder,
    entryPoints: present.map((entry) => ({ in: join(folder, `${entry}.js`), out: entry })),
    outdir: folder,
    chunkNames: `${BUNDLE}/[name]-[hash]`,
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    external,
    legalComments: "inline",
    logLevel: "error",
    // CommonJS packages ask for Node's own modules by a `require` that a module does not have.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    plugins: [keepingPlaces(folder)],
  });
  const files = new Map();
  for (const { path, text } of outputFiles) {
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
