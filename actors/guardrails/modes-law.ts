/** Modes that change nothing change nothing, whatever a rule allows; and where nobody can be asked nothing is that needs it. */
import { CHANGING, DESTRUCTIVE } from "./destructive-calls.ts";
import { type Finding, few, type Guarded, type Law, OURS } from "./law.ts";
import { pluginCalls } from "./sample-input.ts";
import { type Call, type Circumstances, distinct, everyWay, openTrial, type Trial } from "./trial.ts";

/** What of the destructive calls only looks at what it should not: asked about in every mode, and no change. */
const looks = ({ says }: Call): boolean => says === "cat .env" || says.startsWith("Read ");

export const modesChangeNothing: Law = {
  law: "modes-change-nothing",
  title: "modes read-only and plan change nothing",
  look(guarded, engine) {
    const trial = openTrial(guarded, engine);
    const plugged = pluginCalls(guarded).filter(({ tool }) => guarded.capabilities.named(tool)?.risk !== "read-only");
    const calls = [...DESTRUCTIVE.filter((call) => !looks(call)), ...CHANGING, ...plugged];
    const ways = everyWay(["read-only", "plan"], ["ask", "allow-safe"]);
    const open = notRefused(guarded, trial, calls, ways);
    const findings = [
      ...open.map(({ call, rule, run }) => ({
        what: `${call} is not refused in mode ${run}`,
        why: `decided by ${rule}`,
        fix: OURS,
      })),
      ...guarded.plugins.flatMap((plugin) => doubtful(plugin)),
    ];
    return { findings, reason: `${calls.length} changing calls, ${ways.length} kinds of runs` };
  },
};

/** The operator's word counts; where it stands against the server's own, one of the two is wrong. */
const doubtful = ({ server, tools }: Guarded["plugins"][number]): Finding[] =>
  tools.flatMap(({ name, risk, annotations = {} }) => {
    if (risk !== "read-only") return [];
    if (annotations.destructiveHint !== true && annotations.readOnlyHint !== false) return [];
    return [
      {
        what: `mcp__${server}__${name} runs in mode read-only and plan, and says of itself that it changes things`,
        why: "the configuration vouches for it as read-only",
        fix: `Set its risk in the configuration of the server ${server} to mutating or destructive, or leave it out.`,
      },
    ];
  });

export const nobodyToAsk: Law = {
  law: "nobody-to-ask",
  title: "where nobody can be asked, nothing runs that needs a yes",
  look(guarded, engine) {
    const trial = openTrial(guarded, engine);
    const calls = [...DESTRUCTIVE, ...CHANGING, ...pluginCalls(guarded)];
    const findings: Finding[] = [];
    let asked = 0;
    for (const { type } of distinct(guarded.agents)) {
      const open = calls.flatMap((call) =>
        everyWay(["edit"], ["ask"]).flatMap((way) => {
          if (!isHad(type, call) || trial.ask(type, call, way).decision !== "ask") return [];
          asked += 1;
          const { decision, rule } = trial.ask(type, call, { ...way, approve: "deny" });
          return decision === "deny" ? [] : [`${call.says} (${rule})`];
        }),
      );
      if (open.length === 0) continue;
      findings.push({
        what: `with --approve deny ${type.name} still may: ${few(open)}`,
        why: "it needs a yes",
        fix: OURS,
      });
    }
    const reason = `${asked} questions that were asked again with --approve deny`;
    return asked === 0
      ? { findings, reason: "no call needs a question here", state: "not looked at" }
      : { findings, reason };
  },
};

const isHad = ({ tools }: { readonly tools: readonly string[] }, { tool }: Call): boolean =>
  tool.startsWith("mcp__") || tools.includes(tool);

function notRefused(
  { agents }: Guarded,
  trial: Trial,
  calls: readonly Call[],
  ways: readonly Circumstances[],
): { readonly call: string; readonly rule: string; readonly run: string }[] {
  return distinct(agents).flatMap(({ type }) =>
    calls.flatMap((call) => {
      if (!isHad(type, call)) return [];
      const open = ways.flatMap((way) => {
        const { decision, rule } = trial.ask(type, call, way);
        return decision === "deny" ? [] : [{ rule, mode: way.mode }];
      });
      if (open.length === 0) return [];
      return [{ call: call.says, rule: few(open.map(({ rule }) => rule)), run: few(open.map(({ mode }) => mode)) }];
    }),
  );
}
