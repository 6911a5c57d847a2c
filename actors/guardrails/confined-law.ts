/** What the sandbox that was found here means: a command that a rule lets run unasked has to be confined. */
import { CHANGING, DESTRUCTIVE } from "./destructive-calls.ts";
import { few, type Law } from "./law.ts";
import { distinct, everyWay, openTrial } from "./trial.ts";

export const commandsConfined: Law = {
  law: "commands-confined",
  title: "commands that run unasked are confined",
  look(guarded, engine) {
    const { level, off, reasons } = guarded.sandbox;
    if (level === "full") return { reason: "the sandbox found here is full", findings: [] };
    if (level === "none" && !off) {
      return { reason: `no sandbox was found, so no agent has Bash: ${few(reasons)}`, findings: [] };
    }
    const trial = openTrial(guarded, engine);
    const ways = everyWay(["edit"], ["ask", "deny", "allow-safe"]).filter(({ sandbox }) => sandbox === "none");
    const calls = [...CHANGING, ...DESTRUCTIVE, ...guarded.rules.allow.flatMap(exactCommand)];
    const run = distinct(guarded.agents).flatMap(({ type }) =>
      calls
        .filter(({ tool }) => tool === "Bash" && type.tools.includes(tool))
        .flatMap((call) => ways.map((way) => ({ call, outcome: trial.ask(type, call, { ...way, sandbox: level }) }))),
    );
    const open = run.filter(({ outcome }) => outcome.decision === "allow");
    const why = off ? "the sandbox is switched off: commands have all rights of the worker" : few(reasons);
    const byRule = [...new Set(open.map(({ outcome }) => outcome.rule))].map((rule) => ({
      what: `${whereOf(rule, guarded.whereIs)} runs commands that are not fully confined: ${few(
        open.filter(({ outcome }) => outcome.rule === rule).map(({ call }) => call.says),
      )}`,
      why,
      fix: off
        ? "Take SWARM_SANDBOX=off out of the settings, or leave the rule out, so that a person is asked."
        : "Close what `swarm doctor` names beside the sandbox, or leave the rule out, so that a person is asked.",
    }));
    return { reason: `${off ? "switched off" : `level ${level}`}; ${run.length} commands judged`, findings: byRule };
  },
};

function whereOf(rule: string, whereIs: (rule: string) => string | null): string {
  if (!rule.startsWith("config.allow ")) return rule;
  const text = rule.slice("config.allow ".length);
  const where = whereIs(text);
  return `allow ${JSON.stringify(text)}${where === null ? "" : ` (${where})`}`;
}

/** A rule for one command is tried with that command. */
function exactCommand(rule: string): { tool: string; input: { command: string }; says: string }[] {
  const command = /^Bash\((.+)\)$/.exec(rule)?.[1]?.replace(/:\*$/, "").replaceAll("*", "x");
  return command === undefined ? [] : [{ tool: "Bash", input: { command }, says: command }];
}
