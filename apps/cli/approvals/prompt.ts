/**
 * Asks the person at the terminal, one approval at a time, while the run goes on around it. No answer is preselected; a
 * question that was answered elsewhere, or expired, goes away by itself.
 */
import { createInterface, type Interface } from "node:readline/promises";
import type { StoredApproval } from "../../../infra/approval.ts";
import { SwarmError } from "../../../infra/errors.ts";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import type { Hive } from "../hive.ts";
import type { Progress } from "../progress/progress.ts";
import { approvalsOf, giveAnswer, grantableRule, shownWith, type Wish, workspaceOf } from "./give-answer.ts";
import { answerCommands, approvalLines, isQuestion, needsName } from "./show-approval.ts";

/** Lines of one text that a question shows. */
const LINES_SHOWN = 30;
/** Answers that make no sense before a question is left for later. */
const TRIES_MAX = 5;

export interface PromptOptions {
  readonly hive: Hive;
  readonly run: string;
  /** Null where nothing is drawn. */
  readonly progress: Progress | null;
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

export interface Prompter {
  /** Looks at what happened: new questions, and those that need no answer any more. */
  seen(event: LoggedEvent): void;
  /** True while somebody is being asked, or is about to be. */
  busy(): boolean;
  stop(): void;
}

export function openPrompter(options: PromptOptions): Prompter {
  const { hive, run, progress, input, output } = options;
  const skipped = new Set<string>();
  const gone = new Map<string, AbortController>();
  let lines: Interface | null = null;
  let stopped = false;
  let asking = false;
  let again = true;
  const stop = new AbortController();

  const next = async (): Promise<StoredApproval | null> =>
    (await approvalsOf(hive, run)).find(
      ({ id, status, expiresAtMs }) => status === "pending" && !skipped.has(id) && expiresAtMs > Date.now(),
    ) ?? null;

  const askOne = async (approval: StoredApproval): Promise<void> => {
    const { id } = approval;
    const answeredElsewhere = new AbortController();
    gone.set(id, answeredElsewhere);
    progress?.hold();
    const say = (line: string): void => void output.write(`${line}\n`);
    lines ??= createInterface({ input, output, terminal: false });
    lines.once("close", () => stop.abort());
    try {
      await conversation({
        hive,
        approval,
        say,
        lines,
        signal: AbortSignal.any([answeredElsewhere.signal, stop.signal]),
      });
    } catch (cause) {
      if (cause instanceof SwarmError) say(`swarm: ${cause.message}`);
      else if (!answeredElsewhere.signal.aborted && !stop.signal.aborted) throw cause;
      if (answeredElsewhere.signal.aborted) say(`\napproval ${id} needs no answer any more`);
    } finally {
      gone.delete(id);
      skipped.add(id);
      progress?.goOn();
    }
  };

  const work = async (): Promise<void> => {
    while (again && !stopped) {
      again = false;
      for (let one = await next(); one !== null && !stopped; one = await next()) await askOne(one);
    }
  };

  const wake = (): void => {
    again = true;
    if (asking || stopped) return;
    asking = true;
    work()
      .catch((cause: unknown) => hive.log.error({ err: cause }, "the question could not be asked"))
      .finally(() => {
        asking = false;
      });
  };

  wake();
  return {
    seen(event) {
      if (event.type === "approval.requested") wake();
      if (event.type === "approval.answered" || event.type === "approval.withdrawn") gone.get(event.approval)?.abort();
      if (event.type === "run.parked") stop.abort();
    },
    busy: () => asking && !stopped && !stop.signal.aborted,
    stop() {
      stopped = true;
      stop.abort();
      lines?.close();
    },
  };
}

interface Conversation {
  readonly hive: Hive;
  readonly approval: StoredApproval;
  readonly say: (line: string) => void;
  readonly lines: Interface;
  readonly signal: AbortSignal;
}

/** Ends with an answer given, or the question left for later. Rejects where the signal calls it off. */
async function conversation({ hive, approval, say, lines, signal }: Conversation): Promise<void> {
  const shown = await shownWith(hive, approval, LINES_SHOWN);
  say("");
  for (const line of approvalLines(approval, shown)) say(line);
  const rule = grantableRule(approval, await workspaceOf(hive, approval.run));
  const asks = isQuestion(approval);
  const choices = [
    asks ? "[a]nswer" : "[a]pprove once",
    ...(rule === null ? [] : ["[g]rant for the run"]),
    "[d]eny",
    "[s]kip",
  ].join("  ");
  const ask = async (question: string): Promise<string> => (await lines.question(question, { signal })).trim();
  const give = async (changed: Partial<Wish>): Promise<void> => {
    const wish: Wish = { allowed: true, reason: "", scope: "once", hours: null, touch: null, hash: null, ...changed };
    const { did } = await giveAnswer(hive, approval, { ...wish, hash: approval.hash });
    say(`${did}: ${approval.id}`);
  };
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const said = (await ask(`${choices}: `)).toLowerCase();
    if (said === "s" || said === "skip") break;
    if (said === "d" || said === "deny")
      return give({ allowed: false, reason: await ask("why (the agent is told): ") });
    if (asks && (said === "a" || said === "answer")) {
      const reason = await ask("your answer: ");
      if (reason === "") continue;
      return give({ reason });
    }
    const grants = rule !== null && (said === "g" || said === "grant");
    if (!grants && said !== "a" && said !== "approve") continue;
    const stake = needsName(approval.risk) && approval.touches.length > 0;
    const touch = stake ? await ask("type the name of what is at stake: ") : null;
    if (touch !== null && !approval.touches.includes(touch)) {
      say(`that is none of: ${approval.touches.join(", ")}; nothing was approved`);
      continue;
    }
    return give({ scope: grants ? "run" : "once", touch });
  }
  say(`left waiting. ${answerCommands(approval).join("   ")}`);
}
