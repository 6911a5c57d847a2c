/**
 * Watches a run to its end: events to the progress display (or as lines), a worker kept alive meanwhile, Ctrl-C parks.
 */
import { constants } from "node:os";
import { taskRowsFrom } from "../../actors/runtime/graph-result.ts";
import { statusOf } from "../../actors/runtime/run-document.ts";
import { followLog } from "../../actors/runtime/run-log.ts";
import type { SwarmError } from "../../infra/errors.ts";
import { COORDINATOR_ACTOR } from "../../infra/store.ts";
import { type LoggedEvent, RUN_ENDINGS } from "../../machines/run-event.ts";
import { projectedPlan } from "../orders/project-run.ts";
import { openPrompter } from "./approvals/prompt.ts";
import { keepWorker } from "./embedded-worker.ts";
import type { Hive } from "./hive.ts";
import { openProgress } from "./progress/open.ts";
import type { Progress } from "./progress/progress.ts";

export type WatchEnd = "ended" | "parked" | "lacking";

export interface Watched {
  readonly end: WatchEnd;
  readonly error: SwarmError | null;
}

export interface WatchOptions {
  readonly run: string;
  readonly binding: string;
  /** Events as they come; null shows progress on stderr instead. */
  readonly onEvent: ((event: LoggedEvent) => void) | null;
  readonly afterSeq?: number;
}

/** What running steps get to end by themselves, in milliseconds, and a moment for their last commit. */
const PARK_MS = 31_000;

/** Rejects where Redis is lost for good. SIGINT once parks the run; a second one ends the process at once, code 130. */
export async function watch(hive: Hive, options: WatchOptions): Promise<Watched> {
  const { run, onEvent } = options;
  const stop = new AbortController();
  let error: SwarmError | null = null;
  let parkedAtMs: number | null = null;
  const progress = onEvent === null ? progressOf(hive) : null;
  if (progress !== null) hive.logVoice.through((line) => progress.note(line));
  let waits = false;
  const prompter = asksHere()
    ? openPrompter({ hive, run, progress, input: process.stdin, output: process.stderr })
    : null;
  // Nobody has anything to do while the person at this terminal thinks: a worker that then goes is not missed.
  const keeper = await keepWorker(
    hive,
    options.binding,
    (lacking) => {
      error = lacking;
      stop.abort();
    },
    () => !waits || prompter?.busy() !== true,
  );
  const onSignal = (signal: NodeJS.Signals): void => {
    if (parkedAtMs !== null) {
      progress?.end();
      hive.logVoice.through(null);
      process.exit(128 + constants.signals[signal]);
    }
    parkedAtMs = performance.now();
    hive.store
      .hold(run, "park", `asked by ${signal}`)
      .catch((cause: unknown) => hive.log.error({ err: cause }, "could not park"));
  };
  const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM"];
  for (const signal of signals) process.on(signal, onSignal);
  const goOn = async (): Promise<boolean> => {
    const row = await hive.reader.run(run);
    if (row === null) return false;
    const seen = await statusOf(hive.reader, run, row.fields);
    waits = seen.waits;
    if (seen.status !== "parked") return seen.status === "running";
    if (waits && row.fields.hold === undefined) return prompter?.busy() ?? false;
    return parkedAtMs !== null && performance.now() - parkedAtMs < PARK_MS && !(await atRest(hive));
  };
  try {
    for await (const entry of followLog(hive.reader, run, {
      afterSeq: options.afterSeq ?? 0,
      signal: stop.signal,
      goOn,
    })) {
      waits = false;
      for (const event of entry.events) {
        prompter?.seen(event);
        onEvent?.(event);
        progress?.event(event);
        if (progress !== null && event.type === "run.started") await tellGraph(hive, run, event, progress);
        if (progress !== null && event.type === "proposal.made") await tellProjection(hive, run, event, progress);
      }
      if (entry.events.some(({ type }) => RUN_ENDINGS.has(type))) return { end: "ended", error: null };
    }
    if (error !== null) return { end: "lacking", error };
    const row = await hive.reader.run(run);
    const status = row === null ? "gone" : (await statusOf(hive.reader, run, row.fields)).status;
    return { end: status === "parked" ? "parked" : "ended", error: null };
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
    keeper.stop();
    prompter?.stop();
    progress?.end();
    hive.logVoice.through(null);
  }
}

/** What it may spend. A graph that a person made is shown with what its tasks wait for; that of an evaluation is always the same. */
async function tellGraph(
  { reader }: Hive,
  run: string,
  { kind, tasks }: Extract<LoggedEvent, { type: "run.started" }>,
  progress: Progress,
): Promise<void> {
  const { tokensMax, nanoMax } = await reader.budget(run);
  const limit = (most: string | undefined): number | null => (most === undefined ? null : Number(most));
  progress.know({ limits: { tokensMax: limit(tokensMax), nanoUsdMax: limit(nanoMax) } });
  if (kind !== "run" || tasks < 2) return;
  progress.know({ graph: taskRowsFrom(await reader.rows(run, COORDINATOR_ACTOR, "tasks")) });
}

/** What a plan will take that nobody is asked about. Whoever is asked has it beside the question. */
async function tellProjection(
  { reader, config }: Hive,
  run: string,
  { accept, tasks }: Extract<LoggedEvent, { type: "proposal.made" }>,
  progress: Progress,
): Promise<void> {
  if (accept !== "allow") return;
  const types = tasks.map(({ agentType }) => agentType);
  const words = await projectedPlan(reader, run, types, config);
  if (words !== null) progress.note(words);
}

const progressOf = (hive: Hive): Progress =>
  openProgress({
    stream: process.stderr,
    tty: process.stderr.isTTY === true && !hive.config.ci && !hive.config.dumbTerminal,
    colors: colorsWanted(hive, process.stderr),
    columns: () => process.stderr.columns ?? 80,
  });

/** Somebody sits there who can be shown a question and can answer it. */
const asksHere = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Nothing is being looked after any more, by anybody. */
async function atRest({ workers }: Hive): Promise<boolean> {
  return (await workers.all()).every(({ active }) => active === 0);
}

export const colorsWanted = (
  { config }: Hive,
  { isTTY }: Pick<NodeJS.WriteStream, "isTTY"> = process.stdout,
): boolean => !config.noColor && (config.forceColor || (isTTY === true && !config.dumbTerminal));
