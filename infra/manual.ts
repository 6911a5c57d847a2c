/**
 * The documents that came with this program, as text: `README.md` and `docs/*.md` beside the code, whether it runs from
 * its sources or from the installed package. Read once a process; no path from outside is ever opened.
 */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SwarmError } from "./errors.ts";

export interface ManualFile {
  /** `README.md`, `operating.md`. */
  readonly page: string;
  readonly text: string;
}

const PACKAGE = '"name": "statehive"';
let known: Promise<readonly ManualFile[]> | undefined;

/** Throws SwarmError `manual.missing` where the installation has lost its documents. */
export function readManual(): Promise<readonly ManualFile[]> {
  known ??= read().catch((cause: unknown) => {
    known = undefined;
    throw new SwarmError("manual.missing", "the documents of statehive are not where they were installed", {
      cause,
      hint: "Install the package again.",
    });
  });
  return known;
}

async function read(): Promise<readonly ManualFile[]> {
  const root = await packageFolder();
  const names = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md")).sort();
  const files = [{ page: "README.md", path: join(root, "README.md") }].concat(
    names.map((name) => ({ page: name, path: join(root, "docs", name) })),
  );
  return Promise.all(files.map(async ({ page, path }) => ({ page, text: await readFile(path, "utf8") })));
}

/** The folder of our own package.json. Throws where there is none. */
export const packageFolder = (): Promise<string> => packageRoot(dirname(fileURLToPath(import.meta.url)));

/** This file lies one folder deeper once it is compiled. */
async function packageRoot(from: string): Promise<string> {
  for (const folder of [join(from, ".."), join(from, "..", "..")]) {
    const manifest = await readFile(join(folder, "package.json"), "utf8").catch(() => "");
    if (manifest.includes(PACKAGE)) return folder;
  }
  throw new Error(`no package.json of statehive above ${from}`);
}
