/**
 * Modes that are types of agents by another name: a named mode, role or preset that changes the prompt in one place and
 * the tools in another, or a type of agent whose values do so. A mode that changes the prompt alone is a half of one,
 * one that changes the tools alone is a setting.
 */
import { type BranchFact, type FileFacts, functionAt } from "../source/facts.ts";
import { textOf } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

export interface ModeSite {
  readonly file: FileFacts;
  readonly offset: number;
  readonly changes: "prompt" | "tools";
  /** Whether the same mode changes both somewhere. */
  readonly both: boolean;
}

const subjects = "(mode|role|preset\\w*|persona|profile|agent_?type|agent_?kind)";
const value =
  "(?:[\"']([A-Za-z][\\w-]{2,24})[\"']|(?:\\w+\\.)*\\w*(?:Mode|Role|Type|Preset|Kind)s?\\.([A-Za-z]\\w{2,24}))";
const chosen = new RegExp(`\\b[\\w$.?!]*?${subjects}\\b["'\\])]*\\s*={2,3}\\s*${value}`, "gi");
const switched = new RegExp(`\\bswitch\\s*\\([\\w$.?!]*?${subjects}\\b[^){]{0,20}\\)\\s*\\{`, "gi");
const caseValue = new RegExp(`^\\W*(?:case\\s+)?${value}`, "i");
const aboutPrompt = /prompt|instruction|persona|system_?message|system_?text|_RULES\b/i;
const aboutTools = /\w*tools\b|tool_?(?:names?|set|list|preset|polic|permission|config)\w*|_POLICIES\b/i;
/** What an agent is there for. Other modes are of files, screens, transports, speakers. */
const purpose =
  /^(?:plan\w*|act|ask|architect\w*|cod(?:e|er|ing)|build\w*|review\w*|research\w*|explor\w*|chat|agent\w*|orchestrat\w*|yolo|debugg\w*|implement\w*|execut(?:e|or)|coordinat\w*|worker|writer|editor|critic|tester|analyst|spec|read_?only|vibe|quick|deep\w*|discuss\w*)$/i;
/** Of whatever is called a type of agent, every value is one. */
const typeOfAgent = /^agent_?(?:type|kind)$/i;
/** A switch over modes is no longer than this. In UTF-16 units. */
const switchCharsMax = 4_000;

const known = new WeakMap<WorkspaceIndex, readonly ModeSite[]>();

/** Places where a named mode changes the prompt or the tools; modes that change only the tools are left out. */
export function modeSites(index: WorkspaceIndex): readonly ModeSite[] {
  const made = known.get(index) ?? found(index);
  known.set(index, made);
  return made;
}

type Place = Omit<ModeSite, "both">;

function found(index: WorkspaceIndex): readonly ModeSite[] {
  const byMode = new Map<string, Place[]>();
  for (const file of index.product) {
    if (
      index.farFromAnchors(file.path) > 3 ||
      !/mode|role|preset|persona|profile|agent_?(?:type|kind)/i.test(file.code)
    )
      continue;
    for (const branch of file.branches) {
      if (branch.kind === "while") continue;
      for (const key of modesAsked(file, branch))
        byMode.set(key, [...(byMode.get(key) ?? []), ...changesAt(file, branch, index)]);
    }
  }
  return [...byMode.values()].flatMap((places) => {
    const both = changes(places, "prompt") && changes(places, "tools");
    return changes(places, "prompt") ? places.map((place) => ({ ...place, both })) : [];
  });
}

/** `mode:plan`, one for each mode that a branch asks for; all types of agents are one key. */
function modesAsked(file: FileFacts, branch: BranchFact): string[] {
  const condition = textOf(file, branch.condition);
  const asked =
    branch.kind === "case"
      ? [[subjectOfSwitch(file, branch), ...(caseValue.exec(condition)?.slice(1) ?? [])]]
      : [...condition.matchAll(chosen)].map((match) => match.slice(1));
  return asked.flatMap(([subject = "", literal, member]) => {
    const mode = (literal ?? member ?? "").toLowerCase();
    if (subject === "" || mode === "") return [];
    if (typeOfAgent.test(subject)) return ["type of agent"];
    return purpose.test(mode) ? [`${subject.toLowerCase()}:${mode}`] : [];
  });
}

function subjectOfSwitch(file: FileFacts, branch: BranchFact): string | undefined {
  const before = textOf(file, { start: Math.max(0, branch.start - switchCharsMax), end: branch.start });
  const at = before.lastIndexOf("switch");
  return at < 0 ? undefined : [...before.slice(at).matchAll(switched)][0]?.[1];
}

function changes(places: readonly Place[], what: Place["changes"]): boolean {
  return places.some((place) => place.changes === what);
}

function changesAt(file: FileFacts, branch: BranchFact, index: WorkspaceIndex): Place[] {
  const fn = functionAt(file, branch.start);
  if (!fn || !(index.onRunPath(file, branch.start) || index.callsOf(fn.name) > 0)) return [];
  const body = textOf(file, { start: branch.body.start, end: Math.min(branch.body.end, branch.body.start + 600) });
  const assigned =
    /([\w$.]+)\s*(?::[^=\n]{0,60})?[=:]\s*$/.exec(
      textOf(file, { start: Math.max(0, branch.start - 80), end: branch.start }),
    )?.[1] ?? "";
  const said = `${fn.name} ${body} ${branch.kind === "ternary" ? `${assigned} ${textOf(file, branch)}` : ""}`;
  const place = (what: Place["changes"]): Place => ({ file, offset: branch.start, changes: what });
  return [...(aboutPrompt.test(said) ? [place("prompt")] : []), ...(aboutTools.test(said) ? [place("tools")] : [])];
}
