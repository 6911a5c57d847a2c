/**
 * Agents that are declared in files of their own: markdown with a head of settings, or YAML, TOML and JSON, in a
 * folder of agents. They are data, so no probe of code reads them; only the probe of agent types does.
 */
import type { FileFacts } from "./facts.ts";
import type { Role } from "./scope.ts";

const agentFolder =
  /(^|\/)(?:sub[_-]?)?agents?(?:[_-]?(?:types|definitions|defs|specs|profiles|configs?))?\/|(^|\/)(?:modes|personas|agent[_-]profiles)\//i;
const document = /\.(?:md|mdx|ya?ml|toml)$/i;
const aboutTheFolder = /(^|\/)(?:readme|agents|claude|contributing|changelog|license|index|skill|system|_\w*)\.\w+$/i;

/** Whether a path looks like the declaration of an agent. */
export function isAgentFile(path: string): boolean {
  return document.test(path) && agentFolder.test(path) && !aboutTheFolder.test(path);
}

/** Facts without code: every probe of code passes them by. */
export function agentFileFacts(path: string, source: string, role: Role): FileFacts {
  const lineStarts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  const none = { functions: [], types: [], branches: [], loops: [], calls: [], exits: [] };
  return { path, language: "agent file", role, source, code: "", text: "", imports: "", lineStarts, ...none };
}

const settings = /^---\r?\n([\s\S]*?)\r?\n---[^\n]*(?:\n|$)/;
const ownPowers =
  /^\s*["']?(?:\w*tools\w*|disallowed\w*|excluded?_?\w*|permissions?|groups|max_?\w+|limits?|mode|sandbox|read_?only|capabilities|sub_?agents)["']?\s*[:=]/im;
const ownPrompt =
  /^\s*["']?(?:system_?prompt\w*|prompt\w*|instructions?|role_?definition|persona|backstory|system_?message)["']?\s*[:=]/im;
const called = /^\s*["']?(?:name|description|slug|id|when_?to_?use|role)["']?\s*[:=]/im;
/** A shorter text is a heading and no prompt. */
const promptCharsMin = 80;

/** Where a file declares the powers of an agent that has a prompt of its own; undefined where it declares none. */
export function agentDeclaredIn({ source, path }: FileFacts): number | undefined {
  const head = settings.exec(source);
  if (head) {
    const body = source.slice(head[0].length).trim();
    const declares = called.test(head[1] ?? "") && ownPowers.test(head[1] ?? "");
    return declares && body.length >= promptCharsMin
      ? offsetOf(head[1] ?? "", source.indexOf(head[1] ?? ""))
      : undefined;
  }
  if (/\.mdx?$/i.test(path)) return undefined;
  return ownPrompt.test(source) && ownPowers.test(source) ? offsetOf(source, 0) : undefined;
}

function offsetOf(text: string, base: number): number {
  const match = ownPowers.exec(text);
  return base + (match ? match.index + (match[0].length - match[0].trimStart().length) : 0);
}
