/** The files and changes that a page of the docs tells its reader to make: read off the page, and made. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface PageBlock {
  /** The path named last above the block; relative to the root. */
  readonly file: string;
  /** What stands behind the three backticks. */
  readonly language: string;
  readonly text: string;
}

/** Blocks that belong to a file: those of the languages in which files are written, and changes. */
export function blocksOf(page: string): PageBlock[] {
  const parts = page.split(/^```/m);
  const blocks: PageBlock[] = [];
  let file: string | undefined;
  parts.forEach((part, index) => {
    if (index % 2 === 0) {
      file = [...part.matchAll(/`([\w./-]+\/[\w.-]+\.\w+|swarm\.config\.json)`/g)].at(-1)?.[1];
      return;
    }
    const [language = "", ...lines] = part.split("\n");
    if (file !== undefined && ["ts", "diff", "md", "json"].includes(language))
      blocks.push({ file, language, text: lines.join("\n") });
  });
  return blocks;
}

/** Throws where a change names a line that is not there. */
export function make(root: string, { file, language, text }: PageBlock): void {
  const path = join(root, file);
  if (language !== "diff") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  const lines = readFileSync(path, "utf8").split("\n");
  let at = -1;
  for (const line of text.split("\n").filter((line) => line !== "")) {
    if (line.startsWith("+")) {
      at += 1;
      lines.splice(at, 0, line.slice(1));
    } else {
      at = lines.indexOf(line.slice(1), at + 1);
      if (at < 0) throw new Error(`${file} has no line ${JSON.stringify(line.slice(1))}`);
    }
  }
  writeFileSync(path, lines.join("\n"));
}
