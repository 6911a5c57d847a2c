/**
 * Modes that are types of agents by another name: a named mode, role or preset that changes the prompt in one place and
 * the tools in another. A mode that changes only one of them is a setting.
 */
import { type BranchFact, type FileFacts, functionAt } from "./facts.ts";
import { textOf } from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

export interface ModeSite {
  readonly file: FileFacts;
  readonly offset: number;
  readonly changes: "prompt" | "tools";
}

const chosen =
  /\b[\w$.?!]*?(mode|role|preset\w*|persona|profile|agent_?type|agent_?kind)\b["'\])]*\s*={2,3}\s*(?:["']([A-Za-z][\w-]{2,24})["']|(?:\w+\.)*\w*(?:Mode|Role|Type|Preset|Kind)s?\.([A-Za-z]\w{2,24}))/gi;
const aboutPrompt = /prompt|instruction|persona|system_?message|_RULES\b/i;
const aboutTools = /\w*tools\b|tool_?(?:names?|set|list|preset|polic)\w*/i;
/** What an agent is there for. Other modes are of files, screens, transports, speakers. */
const purpose =
  /^(?:plan\w*|act|ask|architect\w*|cod(?:e|er|ing)|build\w*|review\w*|research\w*|explor\w*|chat|agent\w*|orchestrat\w*|yolo|debugg\w*|implement\w*|execut(?:e|or)|coordinat\w*|worker|writer|editor|critic|tester|analyst|spec|read_?only|vibe|quick|deep\w*)$/i;

const known = new WeakMap<WorkspaceIndex, readonly ModeSite[]>();

/** Places where a named mode changes the prompt or the tools; only of modes that change both. */
export function modeSites(index: WorkspaceIndex): readonly ModeSite[] {
  const made = known.get(index) ?? found(index);
  known.set(index, made);
  return made;
}

function found(index: WorkspaceIndex): readonly ModeSite[] {
  const byMode = new Map<string, ModeSite[]>();
  for (const file of index.product) {
    if (
      index.farFromAnchors(file.path) > 3 ||
      !/mode|role|preset|persona|profile|agent_?(?:type|kind)/i.test(file.code)
    )
      continue;
    for (const branch of file.branches) {
      if (branch.kind === "case" || branch.kind === "while") continue;
      for (const [, subject = "", literal, member] of textOf(file, branch.condition).matchAll(chosen)) {
        const mode = (literal ?? member ?? "").toLowerCase();
        if (!purpose.test(mode)) continue;
        const key = `${subject.toLowerCase()}:${mode}`;
        byMode.set(key, [...(byMode.get(key) ?? []), ...changesAt(file, branch, index)]);
      }
    }
  }
  return [...byMode.values()].filter(changesBoth).flat();
}

function changesBoth(sites: readonly ModeSite[]): boolean {
  return sites.some(({ changes }) => changes === "prompt") && sites.some(({ changes }) => changes === "tools");
}

function changesAt(file: FileFacts, branch: BranchFact, index: WorkspaceIndex): ModeSite[] {
  const fn = functionAt(file, branch.start);
  if (!fn || !(index.onRunPath(file, branch.start) || index.callsOf(fn.name) > 0)) return [];
  const body = textOf(file, { start: branch.body.start, end: Math.min(branch.body.end, branch.body.start + 600) });
  const assigned =
    /([\w$.]+)\s*(?::[^=\n]{0,60})?[=:]\s*$/.exec(
      textOf(file, { start: Math.max(0, branch.start - 80), end: branch.start }),
    )?.[1] ?? "";
  const said = `${fn.name} ${body} ${branch.kind === "ternary" ? `${assigned} ${textOf(file, branch)}` : ""}`;
  const site = (changes: ModeSite["changes"]): ModeSite => ({ file, offset: branch.start, changes });
  return [...(aboutPrompt.test(said) ? [site("prompt")] : []), ...(aboutTools.test(said) ? [site("tools")] : [])];
}
