// Joins the page and the report into few small files: `dist/page/`. The page loads what it needs later in parts of its own;
// a report is one script, because nothing can be fetched beside a file.

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { licences } from "./bundle.mjs";

/** Where they lie in the product. */
export const PAGE = "page";

/** In this order: later ones have the last word. */
const STYLES = ["base", "list", "run", "chart", "texts", "time", "inbox", "small"];

/** Contents by name. `chartStyle`: how charts look, which the page shares with the files of `docs/charts`. */
export async function bundledPage(root, chartStyle) {
  const { build } = await import("esbuild");
  const source = join(root, "apps", "visualizer", "page");
  const common = {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "error",
    tsconfig: join(source, "tsconfig.json"),
    define: { "process.env.NODE_ENV": '"production"' },
  };
  const page = await build({
    ...common,
    entryPoints: [{ in: join(source, "main.tsx"), out: "page" }],
    outdir: join(root, PAGE),
    chunkNames: "[name]-[hash]",
    splitting: true,
    format: "esm",
  });
  const report = await build({
    ...common,
    entryPoints: [{ in: join(source, "report.tsx"), out: "report" }],
    outdir: join(root, PAGE),
    format: "iife",
  });
  const plots = readFileSync(join(root, "node_modules", "uplot", "dist", "uPlot.min.css"), "utf8");
  const own = STYLES.map((name) => readFileSync(join(source, "style", `${name}.css`), "utf8"));
  const styles = [plots, chartStyle, ...own].join("\n");
  const { code: css } = await (await import("esbuild")).transform(styles, { loader: "css", minify: true });
  const files = new Map();
  for (const { path, text } of [...page.outputFiles, ...report.outputFiles]) {
    files.set(`${PAGE}/${relative(join(root, PAGE), path)}`, text);
  }
  files.set(`${PAGE}/page.css`, css);
  for (const name of ["index.html", "icon.svg"]) files.set(`${PAGE}/${name}`, readFileSync(join(source, name), "utf8"));
  const inputs = [...Object.keys(page.metafile.inputs), ...Object.keys(report.metafile.inputs), "node_modules/uplot/x"];
  files.set(`${PAGE}/LICENSES.txt`, licences(root, inputs));
  return files;
}
