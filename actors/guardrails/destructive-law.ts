/** What destroys is never run unasked, by any agent in any mode; a rule that opens it is named with where it stands. */
import type { RuleLists } from "../../registry/permission/question.ts";
import { DESTRUCTIVE } from "./destructive-calls.ts";
import { type Finding, few, type Guarded, type Law, OURS } from "./law.ts";
import { pluginCalls } from "./sample-input.ts";
import { type Call, type Circumstances, distinct, everyWay, type Outcome, openTrial, type Trial } from "./trial.ts";

/** All of what edits, and of the modes that change nothing the most lenient. */
const WAYS: readonly Circumstances[] = [
  ...everyWay(["edit"], ["ask", "deny", "allow-safe"]),
  ...everyWay(["plan", "read-only"], ["allow-safe"]).filter(({ sandbox }) => sandbox === "full"),
];

interface Opened {
  readonly rule: string;
  readonly call: string;
  readonly agent: string;
  readonly mode: string;
}

export const destructiveAsked: Law = {
  law: "destructive-asked",
  title: "what destroys is never run unasked",
  look(guarded, engine) {
    const trial = openTrial(guarded, engine);
    const plugged = pluginCalls(guarded).filter(({ tool }) => guarded.capabilities.named(tool)?.risk === "destructive");
    const calls = [...DESTRUCTIVE, ...plugged];
    let rules: RuleLists = guarded.rules;
    const findings: Finding[] = [];
    // A rule hides the ones behind it: each that was found is left out, and all is asked again.
    for (let left = guarded.rules.allow.length; left >= 0; left -= 1) {
      const opened = grouped(openedBy(guarded, trial, calls, rules));
      findings.push(...[...opened].map(([rule, all]) => finding(rule, all, guarded)));
      const allow = rules.allow.filter((text) => !opened.has(`${ALLOWED}${text}`));
      if (allow.length === rules.allow.length) break;
      rules = { ...rules, allow };
    }
    const kinds = distinct(guarded.agents).length;
    return { findings, reason: `${calls.length} calls, ${kinds} kinds of agents, ${WAYS.length} kinds of runs` };
  },
};

const ALLOWED = "config.allow ";

/** A copy of the run's own and no network: what happens there is looked at before it is merged, and reaches nothing else. */
const isConfined = ({ rule }: Outcome, { sandbox, isolated }: Circumstances): boolean =>
  rule === "policy.isolated" && isolated && sandbox === "full";

function openedBy({ agents }: Guarded, trial: Trial, calls: readonly Call[], rules: RuleLists): Opened[] {
  return distinct(agents).flatMap(({ type }) =>
    calls.flatMap((call) =>
      // What an agent does not have is refused whatever the run is: once is enough.
      (type.tools.includes(call.tool) || call.tool.startsWith("mcp__") ? WAYS : WAYS.slice(0, 1)).flatMap((way) => {
        const outcome = trial.ask(type, call, { ...way, rules });
        if (outcome.decision !== "allow" || isConfined(outcome, way)) return [];
        return [{ rule: outcome.rule, call: call.says, agent: type.name, mode: way.mode }];
      }),
    ),
  );
}

function grouped(opened: readonly Opened[]): Map<string, Opened[]> {
  const byRule = new Map<string, Opened[]>();
  for (const one of opened) byRule.set(one.rule, [...(byRule.get(one.rule) ?? []), one]);
  return byRule;
}

function finding(rule: string, all: readonly Opened[], { whereIs }: Guarded): Finding {
  const calls = few(all.map(({ call }) => call));
  const why = `agents of type ${few(all.map(({ agent }) => agent))} may do so, in mode ${few(all.map(({ mode }) => mode))}`;
  if (!rule.startsWith(ALLOWED)) return { what: `${rule} runs unasked: ${calls}`, why, fix: OURS };
  const text = rule.slice(ALLOWED.length);
  const where = whereIs(text);
  return {
    what: `allow ${JSON.stringify(text)}${where === null ? "" : ` (${where})`} runs unasked: ${calls}`,
    why,
    fix: text.startsWith("mcp__")
      ? "Allow only tools that you know, or give their risk in the configuration of the server; else leave the rule out."
      : "Narrow it to what you mean, such as Bash(npm test) or Edit(src/**), or put what destroys into ask as well.",
  };
}
