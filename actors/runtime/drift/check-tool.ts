/**
 * Holds one tool to what it says of itself: every example is tried again, its schema is put beside its door, and what
 * was seen from outside beside the risk that it declares.
 */
import { sha256 } from "../../../infra/ids.ts";
import { definitionOf, definitionProblems } from "../../../registry/drift/definition.ts";
import { schemaProblems } from "../../../registry/drift/schema-checks.ts";
import type { ToolDeclaration, ToolExample } from "../../../registry/tool.ts";
import type { Definition } from "../pin-book.ts";
import type { Bench } from "./bench.ts";
import { digestOf, type Tried, tryExample } from "./try-example.ts";

export interface ToolCheck {
  readonly definition: Definition;
  /** What its definition alone makes suspicious: whoever approves that very definition has seen it. */
  readonly signs: readonly string[];
  /** What is wrong with it by its own words. */
  readonly reasons: readonly string[];
  /** Example → digest of what came of it; those that were tried. */
  readonly examples: Readonly<Record<string, string>>;
  readonly notLookedAt: readonly string[];
}

export const examplesOf = async (tool: ToolDeclaration): Promise<readonly ToolExample[]> => [
  ...(tool.examples ?? []),
  ...((await tool.loadExamples?.()) ?? []),
];

/** Whether one call only looks, by the rules: the same that let it run unseen. */
export type Looks = (tool: ToolDeclaration, input: unknown) => boolean;

/** Throws nothing that the tool does. */
export async function checkTool(tool: ToolDeclaration, bench: Bench, looks: Looks): Promise<ToolCheck> {
  const all = await examplesOf(tool);
  const reasons: string[] = [
    ...schemaProblems(
      tool,
      all.map(({ input }) => input),
    ),
  ];
  const digests: Record<string, string> = {};
  const notLookedAt = new Set<string>(all.length === 0 ? ["it has no examples"] : []);
  for (const example of all) {
    const tried = await tryExample(tool, example, bench).catch((cause: unknown) => ({
      broke: cause instanceof Error ? cause.message : String(cause),
    }));
    if ("notTried" in tried) notLookedAt.add(`examples: ${tried.notTried}`);
    else if ("broke" in tried) reasons.push(`"${example.title}": it broke: ${tried.broke}`);
    else {
      digests[example.title] = digestOf(tried);
      const onlyLooks = tool.risk === "read-only" || looks(tool, example.input);
      const wrong = [...unkept(example, tried), ...(onlyLooks ? risky(tool, tried) : [])];
      reasons.push(...wrong.map((what) => `"${example.title}": ${what}`));
    }
  }
  const complete = all.length > 0 && all.every(({ title }) => title in digests);
  const behaviour = complete ? behaviourOf(digests) : null;
  return {
    definition: { ...definitionOf(tool), behaviour },
    signs: definitionProblems(tool),
    reasons,
    examples: digests,
    notLookedAt: [...notLookedAt],
  };
}

const behaviourOf = (examples: Readonly<Record<string, string>>): string =>
  sha256(JSON.stringify(Object.entries(examples).sort(([a], [b]) => (a < b ? -1 : 1))));

/** What the example promises and did not come true. */
function unkept({ ok, says, leaves = {} }: ToolExample, tried: Tried): string[] {
  const promised = new Map(
    Object.entries(leaves).map(([path, content]) => [path, content === null ? null : sha256(content)]),
  );
  const missing = says.filter((text) => !tried.text.includes(text));
  const files = [...new Set([...promised.keys(), ...tried.changed])].sort();
  return [
    ...(ok === tried.ok
      ? []
      : [ok ? `it should work, and answered: ${short(tried.text)}` : "it should refuse, and worked"]),
    ...missing.map((text) => `its answer should say ${JSON.stringify(text)} and is: ${short(tried.text)}`),
    ...files.flatMap((path) => {
      if (!promised.has(path)) return isOnTheWay(path, promised) ? [] : [`it changed ${path}, which it should not`];
      return tried.leaves[path] === promised.get(path) && tried.changed.includes(path)
        ? []
        : [`it did not leave ${path} as it should`];
    }),
  ];
}

/** A folder that was made for a file that was promised. */
const isOnTheWay = (path: string, promised: ReadonlyMap<string, unknown>): boolean =>
  [...promised.keys()].some((one) => one.startsWith(`${path}/`));

/** What must not be seen of a call that only looks. */
function risky({ category }: ToolDeclaration, { changed, hands, reachedOut }: Tried): string[] {
  const acted = category === "shell" ? [] : hands;
  return [
    ...(changed.length === 0 ? [] : [`it only looks, and changed ${changed.slice(0, 5).join(", ")}`]),
    ...(acted.length === 0 ? [] : [`it only looks, and used its hands: ${[...new Set(acted)].join(", ")}`]),
    ...(reachedOut.length === 0 ? [] : [`it only looks, and reached out: ${[...new Set(reachedOut)].join(", ")}`]),
  ];
}

const short = (text: string): string => JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text);
