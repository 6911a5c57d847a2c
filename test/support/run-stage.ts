/** A stage for `swarm run`: a scripted Messages server, a small workspace, and the command line between them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LoggedEvent, RUN_ENDINGS } from "../../machines/run-event.ts";
import { type MessagesDouble, type Served, startMessagesDouble } from "./messages-double/double.ts";
import type { EntryInput } from "./messages-double/script.ts";
import {
  documentOf,
  type Environment,
  type Finished,
  linesOf,
  openSwarm,
  type Running,
  type Swarm,
} from "./swarm-cli.ts";
import { eventsOf, logOf, serverOf } from "./swarm-store.ts";

export interface RunDocument {
  readonly v: 1;
  readonly runId: string;
  readonly status: string;
  readonly result: {
    readonly status: string;
    readonly value: unknown;
    readonly evidence: readonly unknown[];
    readonly reasons: readonly string[];
    readonly substitutes: readonly unknown[];
  } | null;
  readonly usage: Readonly<Record<string, number | null>>;
  readonly agents: readonly {
    readonly id: string;
    readonly type: string;
    readonly state: string;
    readonly turns: number;
  }[];
  readonly approvals: readonly unknown[];
  readonly blackBox: unknown;
}

export interface Played {
  readonly finished: Finished;
  readonly document: RunDocument;
  readonly events: readonly LoggedEvent[];
  /** What the model's server was asked for this goal. */
  readonly requests: readonly Served[];
}

export interface Stage {
  readonly swarm: Swarm;
  readonly double: MessagesDouble;
  readonly workspace: string;
  /** Scripts the answers to one new goal, and starts `swarm run` with it. */
  begin(entries: readonly EntryInput[], flags?: readonly string[], env?: Environment): Begun;
  /** Begins, and waits for the end. */
  play(entries: readonly EntryInput[], flags?: readonly string[], env?: Environment): Promise<Played>;
  /** As `swarm logs` tells them, read without a process of its own. */
  events(run: string): Promise<readonly LoggedEvent[]>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export interface Begun {
  readonly command: Running;
  requests(): readonly Served[];
}

/** Never a real key; looks like one, so that masks and searches have something to find. */
export const API_KEY = "sk-ant-test-0f1e2d3c4b5a69788796a5b4c3d2e1f0";

export const MAIN = "src/main.ts";
export const MAIN_LINES = [
  "// Adds two numbers, and nothing else.",
  "export function add(left: number, right: number): number {",
  "  return left + right;",
  "}",
];

export async function openStage(env: Environment = {}): Promise<Stage> {
  const double = await startMessagesDouble();
  const swarm = await openSwarm({ env: { ANTHROPIC_BASE_URL: double.baseUrl, ANTHROPIC_API_KEY: API_KEY, ...env } });
  const workspace = join(swarm.home, "workspace");
  mkdirSync(join(workspace, "src"), { recursive: true });
  writeFileSync(join(workspace, MAIN), `${MAIN_LINES.join("\n")}\n`);
  let goals = 0;
  const begin: Stage["begin"] = (entries, flags = ["--json"], more = {}) => {
    goals += 1;
    const goal = `Goal number ${goals} of this stage: say what ${MAIN} does.`;
    const [when] = goal.split(":");
    double.script(...entries.map((entry) => ({ when: when as string, ...entry })));
    return {
      command: swarm.start(["run", goal, "--workspace", workspace, ...flags], { env: more }),
      requests: () => double.served.filter(({ body }) => body.includes(`${when}:`)),
    };
  };
  const events: Stage["events"] = async (run) => {
    const stored = serverOf(swarm) === undefined ? [] : eventsOf(await logOf(swarm, run));
    // Where nobody serves it, or it lies in an archive, the command knows the way.
    return stored.length > 0 ? stored : linesOf<LoggedEvent>(await swarm.ask(["logs", run, "--jsonl"]));
  };
  return {
    swarm,
    double,
    workspace,
    begin,
    events,
    async play(entries, flags, more) {
      const { command, requests } = begin(entries, flags, more);
      const finished = await command.done;
      const document = documentOf<RunDocument>(finished);
      if (document.runId === undefined) throw new Error(`no run: ${finished.stdout}\n${finished.stderr}`);
      return { finished, document, events: await events(document.runId), requests: requests() };
    },
    [Symbol.asyncDispose]: async () => {
      await swarm[Symbol.asyncDispose]();
      await double.close();
    },
  };
}

type Block = NonNullable<EntryInput["content"]>[number];

export const use = (name: string, input: Record<string, unknown>): Block => ({ type: "tool_use", name, input });
export const read = (file: string = MAIN): Block => use("Read", { file_path: file });
export const says = (...content: Block[]): EntryInput => ({ content });
export const text = (words: string): EntryInput => says({ type: "text", text: words });

export const quote = (line: number, words: string = MAIN_LINES[line - 1] ?? "") => ({
  kind: "file",
  path: MAIN,
  line,
  quote: words,
});

export const report = (summary: string, evidence: readonly unknown[] = [quote(3)]): EntryInput =>
  says(use("Report", { outcome: "done", value: { summary }, evidence, notDone: [] }));

export const endings = (events: readonly LoggedEvent[]): string[] =>
  events.flatMap(({ type }) => (RUN_ENDINGS.has(type) ? [type] : []));

export type Of<Type extends LoggedEvent["type"]> = Extract<LoggedEvent, { type: Type }>;

export const ofType = <Type extends LoggedEvent["type"]>(events: readonly LoggedEvent[], type: Type): Of<Type>[] =>
  events.filter((event): event is Of<Type> => event.type === type);

interface WireBlock {
  readonly type: string;
  readonly text?: string;
  readonly tool_use_id?: string;
  readonly content?: string | readonly WireBlock[];
  readonly is_error?: boolean;
  readonly [field: string]: unknown;
}

export interface WireRequest {
  readonly model: string;
  readonly system: readonly WireBlock[];
  readonly tools: readonly { readonly name: string }[];
  readonly messages: readonly { readonly role: string; readonly content: readonly WireBlock[] }[];
}

export const wireOf = ({ body }: Pick<Served, "body">): WireRequest => JSON.parse(body) as WireRequest;

/** Blocks of the last message of a request: what the agent was told before it was asked. */
export const toldBefore = (request: Pick<Served, "body"> | undefined): readonly WireBlock[] =>
  request === undefined ? [] : (wireOf(request).messages.at(-1)?.content ?? []);
