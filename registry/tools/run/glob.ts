/** Runs Glob: one walk, every path tried against the pattern, the first thousand listed. */
import { refused } from "../../refusal.ts";
import { belowFolder, countSkips, globOrAnswer, scopeOf } from "../../search-scope.ts";
import { counted, shownPath } from "../../shown.ts";
import { OUTPUT_CHARS_MAX, type ToolContext, type ToolOutput } from "../../tool.ts";
import { type GlobInput, globPathsMax } from "../input/glob.ts";

/** Kept free for what follows the paths. */
const notesCharsMax = 1_000;

export async function run(input: GlobInput, { box, signal }: ToolContext): Promise<ToolOutput> {
  const pattern = globOrAnswer(belowRoot(input.pattern, box.root));
  if ("ok" in pattern) return pattern;
  try {
    const scope = await scopeOf(box, input.path);
    if (scope.file)
      return { ok: false, text: `${shownPath(input.path ?? "")} is a file; path names the folder to start from.` };
    const skips = countSkips();
    const paths: string[] = [];
    let chars = 0;
    let matched = 0;
    for await (const { path } of box.walk({ under: scope.folder, signal, onSkip: skips.add })) {
      if (!pattern.matches(belowFolder(scope, path))) continue;
      matched += 1;
      const name = shownPath(path);
      if (paths.length === globPathsMax || chars + name.length + 1 > OUTPUT_CHARS_MAX - notesCharsMax) continue;
      paths.push(name);
      chars += name.length + 1;
    }
    const isCut = paths.length < matched;
    const cut = `[${counted(matched, "file")} match; the first ${paths.length.toLocaleString("en-US")} are listed. Narrow the pattern or the path.]`;
    const none = matched === 0 ? [`No file matches ${JSON.stringify(input.pattern)}.${adviceFor(input.pattern)}`] : [];
    return {
      ok: true,
      text: [...paths, ...none, ...(isCut ? [cut] : []), ...skips.note()].join("\n"),
      truncated: isCut,
    };
  } catch (error) {
    return refused(error);
  }
}

/** Models write patterns with the workspace's absolute path in front. */
function belowRoot(pattern: string, root: string): string {
  const prefix = root === "/" ? "/" : `${root}/`;
  return pattern.startsWith(prefix) ? pattern.slice(prefix.length) : pattern;
}

function adviceFor(pattern: string): string {
  return pattern.includes("/") ? "" : ` A pattern without "**/" speaks of the starting folder alone.`;
}
