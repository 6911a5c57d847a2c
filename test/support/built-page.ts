/** The page as it is shipped, in a folder of the test's own, without all the rest of a build. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chartStyle } from "../../apps/visualizer/chart-colours.ts";

interface Bundler {
  bundledPage(root: string, chartStyle: string): Promise<ReadonlyMap<string, string>>;
}

/** Contents by name, `page/page.js` … */
export async function pageFiles(): Promise<ReadonlyMap<string, string>> {
  const { bundledPage } = (await import(new URL("./page-bundle.mjs", import.meta.url).href)) as Bundler;
  return bundledPage(fileURLToPath(new URL("../..", import.meta.url)), chartStyle());
}

/** Folder that a server gives the page from. */
export async function builtPage(folder: string): Promise<string> {
  for (const [name, text] of await pageFiles()) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return join(folder, "page");
}
