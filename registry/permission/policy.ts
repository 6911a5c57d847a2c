/** What holds where no rule of a configuration speaks: looking around is allowed, confined work in isolation as well. */
import type { Ruling } from "./ruling.ts";
import type { Subject } from "./subject.ts";

/** Changes with every change of a rule, so that an audit can say by which policy it was decided. */
export const POLICY_VERSION = "engine-4";

export function byPolicy(subject: Subject): Ruling {
  const { question, shell, tool, risk, changes } = subject;
  if (question.tool.tier === "plugin") {
    const reason = `${tool} comes with a plugin, whose word for what it does is not taken`;
    return { decision: "ask", rule: "tier.plugin", reason, openTo: "any", ...lost(subject) };
  }
  if (tool === REMEMBER) return remembering(subject);
  if (risk === "read-only" && !changes && isNear(subject)) {
    if (shell !== null) return { decision: "allow", rule: shell.verdict.rule, reason: shell.verdict.reason };
    return { decision: "allow", rule: "built-in.read-only", reason: "reads inside the workspace, changes nothing" };
  }
  // What nobody could tell before counts for less here: whatever it does, it does it to a copy, and without a network.
  if ((risk === "mutating" || risk === "unknown") && question.isolated && isConfined(subject)) {
    const reason = "it changes the run's own working tree, which is reviewed before it is merged";
    return { decision: "allow", rule: "policy.isolated", reason };
  }
  return { decision: "ask", ...unknownCall(subject), openTo: "any", ...lost(subject) };
}

/** The one tool of ours whose doing outlives the run without touching the workspace. */
export const REMEMBER = "Remember";

/**
 * What is kept for later runs is told there as data, with its source, for as long as that bears it out. Who has read a
 * stranger's words, or a secret, keeps nothing unseen; and what is to be a person's word takes a person.
 */
function remembering({ question: { taint = [] }, input }: Subject): Ruling {
  if (taint.length > 0) {
    const reason = "it would outlive the run, and its agent has read what nobody vouched for or a secret";
    return { decision: "ask", rule: "taint.outlives", reason, openTo: "person" };
  }
  if (typeof input.source === "object" && input.source !== null && "person" in input.source) {
    const reason = "it is to be kept as a person's word";
    return { decision: "ask", rule: "memory.person", reason, openTo: "nobody" };
  }
  return {
    decision: "allow",
    rule: "memory.kept",
    reason: "it is kept as data, and looked at again before it is told",
  };
}

function unknownCall({ paths, hosts, shell, tool, changes }: Subject): { rule: string; reason: string } {
  const away = paths.find(({ place }) => place.kind === "outside" || place.kind === "unclear");
  if (shell !== null) {
    const { verdict } = shell;
    // Where the command itself only looks, the place is what is asked about.
    if (away !== undefined && !changes) {
      const where =
        away.place.kind === "unclear" ? "nobody can tell where it leads" : "it lies outside of the workspace";
      return { rule: `path.${away.place.kind}`, reason: `${JSON.stringify(away.written)}: ${where}` };
    }
    return { rule: verdict.rule, reason: verdict.reason };
  }
  if (hosts.length > 0) return { rule: "network.fetch", reason: `no rule speaks of ${hosts.join(", ")}` };
  return { rule: "silence", reason: `no rule speaks of this ${tool}` };
}

const lost = ({ shell, paths }: Subject): { touches?: readonly string[] } => {
  const writes = paths.filter(({ access }) => access === "write").map(({ written }) => written);
  const touches = [...new Set([...(shell?.verdict.loses ?? []), ...writes])];
  return touches.length === 0 ? {} : { touches };
};

/** Neither outside of the workspace nor protected, and of a command every path that it names. */
const isNear = ({ paths, hosts, shell, tool }: Subject): boolean =>
  paths.every(({ place, guard }) => (place.kind === "inside" || place.kind === "open") && guard === null) &&
  hosts.length === 0 &&
  (tool !== "Bash" || (shell?.verdict.complete === true && shell.verdict.emitted !== null));

/** Nothing of it can reach beyond the workspace: files by the box, commands by the sandbox, and by the sandbox alone. */
export const isConfined = (subject: Subject): boolean => {
  const { tool, category, tier } = { ...subject.question.tool, tool: subject.tool };
  if (!isNear(subject) || tier === "plugin" || tool === REMEMBER) return false;
  return tool === "Bash" ? subject.question.sandbox === "full" : category !== "network";
};

/**
 * What runs in place of a command that was allowed without anybody having written or seen it: the text that was
 * understood, not the one that came. Null where somebody did, by a rule or an answer.
 */
export const textToRun = ({ shell }: Subject, { decision, rule }: { decision: string; rule: string }): string | null =>
  shell !== null && decision === "allow" && !rule.startsWith("config.allow ") && !rule.startsWith("grant ")
    ? shell.verdict.emitted
    : null;
