/**
 * The work that is measured: a run of agents that each take a number of turns, one model call and one tool call a turn.
 * Both are answered at once, in this process, with what the real performers would bring: the same entries, events,
 * audit and settlement, around about 1 KB of new content a turn, taken from the source of this project.
 */
import { readFileSync } from "node:fs";
import { type Entry, toolResultEntry } from "../../actors/runtime/conversation.ts";
import { type Judgement, judge } from "../../actors/runtime/judge.ts";
import { newRun } from "../../actors/runtime/new-run.ts";
import type { Answer, PerformContext, Performers } from "../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../actors/runtime/run-row.ts";
import { assemble } from "../../actors/runtime/session.ts";
import { explore } from "../../actors/types/explore.ts";
import type { ContentBlock } from "../../infra/model/message.ts";
import type { TokenPrice } from "../../infra/model/prices.ts";
import type { Address, NewRun } from "../../infra/store.ts";
import type { Brief } from "../../machines/brief.ts";
import { noErrands } from "../support/errands-out.ts";

const MODEL = "claude-bench";
export const BINDING = "bench";
/** Made up: what matters is that every call is priced, reserved and settled. */
export const PRICE: TokenPrice = {
  input: 3_000,
  output: 15_000,
  write5m: 3_750,
  write1h: 6_000,
  read: 300,
  source: "bench",
};

/** Characters of new content: of the model's text and of the tool's output, together about 1 KB a turn. */
const TEXT_CHARACTERS = 512;
const OUTPUT_CHARACTERS = 512;

interface Turn {
  readonly entry: Entry;
  readonly verdict: Judgement;
  readonly output: Entry;
}

/** Told of every model call; a promise holds the answer back. Turns count from 0. */
export type Watcher = (address: Address, turn: number) => void | Promise<void>;

/** The real type and machine, offering only the tools that the mocked model calls. */
const type = { ...explore, tools: ["Glob", "Read", "Report"] };
const config = runConfigSchema.parse({});
const goal = "Say what this module promises, and to whom.";
const briefOf = (id: string): Brief => ({ id, agentType: explore.name, goal });

/** Source of this project, end to end: what agents read and write about is text, and text can be packed. */
const source = [
  "fold",
  "agent-vocabulary",
  "agent-states",
  "coordinator-machine",
  "task-graph",
  "snapshot",
  "run-event",
]
  .map((name) => readFileSync(new URL(`../../machines/${name}.ts`, import.meta.url), "utf8"))
  .join("");

/** Another piece of it for every turn, for as long as there is some; then from its start again. */
export function piece(index: number, characters: number): string {
  const from = (index * characters) % (source.length - characters);
  return source.slice(from, from + characters);
}

/**
 * Turns after which the texts come again. 20, 200 and 2,000 leave the same rest: what is compared late and early in a
 * conversation then holds the same words, and what differs is the runtime's own.
 */
const TEXTS_AGAIN_AFTER = 60;

/** As long for the last turn as for the first, as the ids of a real model are. */
const numbered = (turn: number): string => String(turn).padStart(4, "0");
const callOf = (turn: number): string => `toolu_${numbered(turn)}`;

/** Content is made beforehand, so that no timed second is spent on making it up. */
export function mockedPerformers(turns: number, watcher: Watcher): Performers {
  const runRow = {
    goal,
    kind: "run",
    model: MODEL,
    binding: BINDING,
    policy: "bench",
    workspace: "/bench",
    config,
    status: "running",
  };
  const { session, first } = assemble(type, briefOf("t0"), runRow, []);
  const answers = Array.from({ length: turns + 1 }, (_, turn): Turn => {
    const text = 2 * (turn % TEXTS_AGAIN_AFTER);
    const content: ContentBlock[] = [
      { type: "text", text: piece(text, TEXT_CHARACTERS) },
      turn < turns
        ? { type: "tool_use", id: callOf(turn), name: "Read", input: { file_path: `src/module-${numbered(turn)}.ts` } }
        : {
            type: "tool_use",
            id: "toolu_report",
            name: "Report",
            input: { outcome: "done", value: { summary: "All of it was read." }, evidence: [], notDone: [] },
          },
    ] as ContentBlock[];
    return {
      entry: { role: "assistant", content, tokens: 1_000 + turn * 400, model: MODEL },
      verdict: judge(content, type, session, runRow),
      output: toolResultEntry(callOf(turn), piece(text + 1, OUTPUT_CHARACTERS), true),
    };
  });
  const at = (turn: number): Turn => {
    const found = answers[turn];
    if (found === undefined) throw new Error(`there is no turn ${turn}`);
    return found;
  };
  return {
    ...noErrands,
    "session.assemble": async () => ({
      event: { type: "session.assembled", tools: session.tools.length, systemHash: "bench" } as Answer["event"],
      session,
      entries: [first],
      told: [{ type: "context.loaded", sources: ["prompt", "brief"], bytes: 2_000 }],
    }),
    "model.call": async (order, context) => {
      const held = watcher(context.address, order.turn);
      if (held !== undefined) await held;
      return modelAnswer(order.turn, at(order.turn), context);
    },
    "tool.run": async (order, { effectId }) => ({
      event: { type: "tool.finished", call: order.call, ok: true } as Answer["event"],
      entries: [at(Number(order.call.slice("toolu_".length))).output],
      told: [
        {
          type: "tool.finished",
          effect: effectId,
          call: order.call,
          tool: order.tool,
          bytes: OUTPUT_CHARACTERS,
          tookMs: 1,
        },
      ],
    }),
    "tool.reconcile": () => Promise.reject(new Error("nothing is lost in a benchmark")),
    "workspace.collect": () => Promise.reject(new Error("no run here has a tree of its own")),
    "workspace.merge": () => Promise.reject(new Error("no run here has a tree of its own")),
    "result.verify": async () => ({ event: { type: "result.verified" }, told: [] }),
  };
}

function modelAnswer(turn: number, { entry, verdict }: Turn, { effectId, entries }: PerformContext): Answer {
  const cached = 800 + turn * 400;
  const usage = { inputTokens: 50, outputTokens: 150, cacheReadTokens: cached, cacheWriteTokens: 350 };
  return {
    event: {
      type: "model.answered",
      turn,
      stop: "tool_use",
      calls: verdict.calls,
      report: verdict.report,
    } as Answer["event"],
    entries: [entry, ...verdict.entries],
    settle: {
      ...usage,
      tokens: cached + 550,
      nanoUsd: 50 * PRICE.input + 150 * PRICE.output + cached * PRICE.read + 350 * PRICE.write5m,
      calls: 1,
      unpriced: 0,
    },
    audit: verdict.audit,
    told: [
      {
        type: "model.answered",
        effect: effectId,
        turn,
        stop: "tool_use",
        calls: verdict.calls.length,
        model: MODEL,
        request: "req_bench0000000000000000",
        transcript: entries.length,
        usage,
      },
      ...verdict.told,
    ],
  };
}

/** A run of so many agents that need nothing of each other. */
export function runOf(run: string, agents: number, turns: number): NewRun {
  const tasks = Array.from({ length: agents }, (_, index) => `t${index}`);
  return newRun({
    run,
    goal,
    kind: "run",
    graph: tasks.map((id) => ({
      id,
      agentType: explore.name,
      needs: [],
      limits: { ...explore.limits, turnsMax: turns + 2 },
      attemptsMax: 1,
    })),
    briefs: Object.fromEntries(tasks.map((id) => [id, JSON.stringify(briefOf(id))])),
    model: MODEL,
    binding: BINDING,
    workspace: "/bench",
    config,
    parallelMax: agents,
    tolerateFailures: false,
    options: {},
  });
}
