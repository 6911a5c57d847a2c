/**
 * Marks the conversation: what each result of a call was read from, by the call that was run and never by what it says.
 * Every entry passes here once, in the step that stores it. Pure.
 */
import type { TaintMark } from "../../machines/taint.ts";
import { LABEL_CHARS_MAX, taintOf } from "../../machines/taint.ts";
import { type Subject, subjectOf } from "../../registry/permission/subject.ts";
import { isTrustedHost, type Trust } from "../../registry/permission/taint.ts";
import { toolNamed } from "../../registry/tools/index.ts";
import { callInput, type Entry } from "./conversation.ts";
import { questionOf } from "./permission-question.ts";
import type { RunRow } from "./run-row.ts";

type Run = Pick<RunRow, "workspace" | "config">;
type Did = NonNullable<Entry["did"]>;

/** What an agent with this conversation has read, in its order. Whatever is added to it only adds. */
export const taintIn = (entries: readonly Entry[]): readonly TaintMark[] =>
  taintOf(entries.flatMap(({ taint }) => taint ?? []));

/** The entries that a step adds, with the marks of those that have some. `before`: the conversation until then. */
export function marked(entries: readonly Entry[], before: readonly Entry[], run: Run): readonly Entry[] {
  if (!entries.some(({ did }) => did !== undefined)) return entries;
  const conversation = [...before, ...entries];
  const turn = conversation.filter(({ role }) => role === "assistant").length;
  return entries.map((entry) => {
    // What was interrupted gave nothing to read.
    const marks = entry.did === undefined || entry.did.ok === null ? [] : marksOf(entry, entry.did, conversation, run);
    if (marks.length === 0) return entry;
    return { ...entry, taint: [...taintOf([...(entry.taint ?? []), ...marks.map((mark) => ({ ...mark, turn }))])] };
  });
}

function marksOf(entry: Entry, did: Did, conversation: readonly Entry[], run: Run): TaintMark[] {
  const { trust } = run.config;
  if (did.tool.startsWith("mcp__")) return isTrustedPlugin(did.tool, trust) ? [] : [mark("plugin", did.tool)];
  const call = String(entry.content.find(({ type }) => type === "tool_result")?.tool_use_id);
  const made = callInput(conversation, call);
  const tool = toolNamed(did.tool);
  if (made === null || tool === undefined) return [];
  const who = { agentType: "", actor: "", typeTools: [tool.name], deniedTools: [] };
  const subject = subjectOf(questionOf({ ...who, tool, input: made.input }, run, {}));
  if (tool.category === "network") return ofWeb(subject, trust);
  return [...ofCommand(subject, did, trust), ...ofFiles(subject, entry, did, trust)];
}

const mark = (source: TaintMark["source"], label: string): TaintMark => ({ source, label: shortened(label) });

/** Whatever would end or turn a line where it is shown is taken out. */
function shortened(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
  return plain.length <= LABEL_CHARS_MAX ? plain : `${plain.slice(0, LABEL_CHARS_MAX - 1)}…`;
}

const isTrustedPlugin = (tool: string, { plugins }: Trust): boolean =>
  plugins.some((one) => tool === one || tool.startsWith(`mcp__${one}__`));

/** An answer of an error page is a stranger's as well. */
function ofWeb({ hosts, input }: Subject, trust: Trust): TaintMark[] {
  if (hosts.length > 0 && hosts.every((host) => isTrustedHost(host, trust))) return [];
  const text = String(input.url);
  return [mark("web", URL.canParse(text) ? addressOf(new URL(text)) : "a web page")];
}

/** What stands behind the question mark may be anything, a secret too. */
const addressOf = ({ origin, pathname }: URL): string => `${origin}${pathname}`;

/** In a full sandbox there is no network. Where nobody can tell what a line runs, nobody can tell whom it asks. */
function ofCommand({ shell, hosts }: Subject, did: Did, trust: Trust): TaintMark[] {
  if (shell === null || did.exitCode === undefined || did.sandbox === "full") return [];
  const { complete } = shell.verdict;
  const known = complete && hosts.every((host) => host !== "*" && isTrustedHost(host, trust));
  return known ? [] : [mark("network", shell.command)];
}

/** Folders that hold what somebody else wrote, wherever they lie. */
const DEPENDENCIES: ReadonlySet<string> = new Set([
  "node_modules",
  "bower_components",
  "site-packages",
  "vendor",
  ".venv",
]);

function ofFiles(subject: Subject, { saw }: Entry, did: Did, trust: Trust): TaintMark[] {
  const shows = did.ok === true || did.exitCode !== undefined;
  if (!shows) return [];
  const read = subject.paths.filter(({ access }) => access === "read");
  const named = read.map(({ written }) => written);
  const paths = saw !== undefined && read.length > 0 ? [saw.path, ...named] : named;
  const foreign = paths.find((path) => path.split("/").some((part) => DEPENDENCIES.has(part)));
  const secret = read.find(({ guard }) => guard?.secret === true);
  const repository = !trust.repository && (read.length > 0 || subject.shell !== null);
  return [
    ...(foreign === undefined ? [] : [mark("dependency", foreign)]),
    ...(secret === undefined ? [] : [mark("secret", secret.written)]),
    ...(repository ? [mark("repository", saw?.path ?? named[0] ?? "the workspace")] : []),
  ];
}
