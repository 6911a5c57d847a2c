/**
 * The parser behind the probes, loaded on first use: TypeScript, TSX and JavaScript come with ast-grep, Python is
 * registered once per process.
 */
import { createRequire } from "node:module";
import type * as AstGrep from "@ast-grep/napi";
import { isAgentFile } from "./agent-files.ts";

export type Language = "typescript" | "tsx" | "javascript" | "python";

/** Lua has no parser here; the probes read scripts of stores by themselves. What declares an agent is data. */
export type SourceLanguage = Language | "lua" | "agent file";

const languageByExtension: Readonly<Record<string, Language>> = {
  ".ts": "typescript",
  ".mts": "typescript",
  ".cts": "typescript",
  ".tsx": "tsx",
  ".js": "javascript",
  ".jsx": "javascript",
  ".mjs": "javascript",
  ".cjs": "javascript",
  ".py": "python",
};

/** Extensions of source code that the probes cannot read: said in the report instead of passed over in silence. */
const unread =
  /\.(go|rs|java|kt|kts|rb|php|cs|swift|scala|ex|exs|clj|cpp|cc|c|h|hpp|zig|dart|hs|ml|sh|sql|vue|svelte|ipynb)$/i;

export function languageOf(path: string): Language | undefined {
  const dot = path.lastIndexOf(".");
  return dot < 0 ? undefined : languageByExtension[path.slice(dot).toLowerCase()];
}

/** What the probes read of a path, scripts of stores and declarations of agents included. */
export function sourceLanguageOf(path: string): SourceLanguage | undefined {
  if (/\.lua$/i.test(path)) return "lua";
  return languageOf(path) ?? (isAgentFile(path) ? "agent file" : undefined);
}

export function isUnreadLanguage(path: string): boolean {
  return unread.test(path);
}

const parserName: Readonly<Record<Language, string>> = {
  typescript: "TypeScript",
  tsx: "Tsx",
  // The TSX grammar reads JSX and plain JavaScript, and forgives a type annotation in a .js file.
  javascript: "Tsx",
  python: "python",
};

let loaded: Promise<typeof AstGrep> | undefined;

async function load(): Promise<typeof AstGrep> {
  const napi = await import("@ast-grep/napi");
  const python: unknown = createRequire(import.meta.url)("@ast-grep/lang-python");
  napi.registerDynamicLanguage({ python } as Parameters<typeof napi.registerDynamicLanguage>[0]);
  return napi;
}

/** Parses off the main thread. The tree is the caller's to drop: it holds native memory. */
export async function parse(language: Language, source: string): Promise<AstGrep.SgRoot> {
  loaded ??= load();
  const napi = await loaded;
  return napi.parseAsync(parserName[language] as Parameters<typeof napi.parseAsync>[0], source);
}
