/**
 * The laws that hold of every ended run, whatever was broken while it ran. They judge plain facts, read from outside
 * (`run-facts.ts`), so that a test can plant each violation and see it reported.
 */
import { type LoggedEvent, RUN_ENDINGS } from "../../machines/run-event.ts";

export interface TranscriptEntry {
  readonly role: string;
  readonly content: readonly {
    readonly type: string;
    readonly id?: string;
    readonly name?: string;
    readonly tool_use_id?: string;
  }[];
}

export interface RunFacts {
  readonly run: string;
  /** Acknowledged writes were taken back under it: what was done may then have been forgotten, and is not its fault. */
  readonly forgetful: boolean;
  /** Fields of its row. */
  readonly row: Readonly<Record<string, string>>;
  readonly events: readonly LoggedEvent[];
  /** What `swarm replay` found wrong; null where every state was equal. */
  readonly replayed: string | null;
  /** Lines of its witness file, as they stand there. */
  readonly witness: readonly string[];
  /** Every line that one of its commands appends. */
  readonly lines: readonly string[];
  readonly written: { readonly path: string; readonly wanted: string; readonly found: string | null } | null;
  /** Per agent. */
  readonly transcripts: Readonly<Record<string, readonly TranscriptEntry[]>>;
  /** Turns the model's server was asked for, a number per request. */
  readonly asked: readonly number[];
  readonly budget: Readonly<Record<string, string>>;
  /** What the store still holds of it, in words: mail, effects, timers, work lists, jobs. */
  readonly leftovers: readonly string[];
}

type Of<Type extends LoggedEvent["type"]> = Extract<LoggedEvent, { type: Type }>;

/** In words, one each; none where every law holds. */
export function violationsOf(facts: RunFacts): string[] {
  const laws = [ending, log, intents, commands, file, conversation, model, money];
  const broken = (facts.forgetful ? laws.filter((law) => law !== model) : laws).flatMap((law) => law(facts));
  if (facts.replayed !== null) broken.push(`replay: ${facts.replayed}`);
  for (const left of facts.leftovers) broken.push(`left over: ${left}`);
  return broken.map((words) => `${facts.run}: ${words}`);
}

export function ending({ row, events }: RunFacts): string[] {
  const statuses = [...RUN_ENDINGS].map((type) => type.replace("run.", ""));
  if (!statuses.includes(row.status ?? "")) return [`it did not end: its status is ${row.status ?? "absent"}`];
  const said = events.filter(({ type }) => RUN_ENDINGS.has(type)).map(({ type }) => type);
  const broken: string[] = [];
  if (said.length !== 1) broken.push(`${said.length} terminal events: ${said.join(", ")}`);
  const last = events.at(-1)?.type;
  if (last !== `run.${row.status}`) broken.push(`it is ${row.status}, and the last event is ${last}`);
  return broken;
}

export function log({ row, events }: RunFacts): string[] {
  if (events.length === 0) return ["its log is empty"];
  const gap = events.findIndex(({ seq }, index) => seq !== index + 1);
  if (gap >= 0) return [`the log's event ${gap + 1} has the number ${events[gap]?.seq}`];
  return Number(row.seq) === events.length ? [] : [`${events.length} events, and the row counts ${row.seq}`];
}

const OUTCOMES = ["tool.finished", "tool.failed", "tool.interrupted", "tool.refused", "tool.reconciled"] as const;

/** Every intent of a run that completed came to one end; of no run did one come to two. */
function intents({ row, events }: RunFacts): string[] {
  const ends = new Map<string, string[]>();
  for (const event of ofTypes(events, ...OUTCOMES)) {
    if (event.type === "tool.reconciled" && !event.happened) continue; // then it is run, and that comes to an end
    ends.set(event.call, [...(ends.get(event.call) ?? []), event.type]);
  }
  const calls = new Set(ofTypes(events, "tool.intended").map(({ call }) => call));
  return [...calls].flatMap((call) => {
    const of = ends.get(call) ?? [];
    if (of.length > 1) return [`call ${call} came to ${of.length} ends: ${of.join(", ")}`];
    return of.length === 0 && row.status === "completed" ? [`call ${call} never came to an end`] : [];
  });
}

function commands({ events, witness, lines, forgetful }: RunFacts): string[] {
  const strange = witness.filter((line) => !lines.includes(line));
  const broken = strange.map((line) => `the witness has a line that no command writes: ${JSON.stringify(line)}`);
  for (const line of lines) {
    const count = witness.filter((found) => found === line).length;
    if (count > 1) broken.push(`DONE TWICE: the witness has ${line} ${count} times`);
    const fate = fateOf(events, (input) => typeof input.command === "string" && input.command.includes(line));
    if (count > 0 && fate === "never intended" && !forgetful) broken.push(`${line} was done and never intended`);
    if (count > 0 && fate === "did not happen")
      broken.push(`${line} was done, and the log says that it did not happen`);
    if (count === 0 && fate === "done") broken.push(`${line} is said to be done, and the witness lacks it`);
  }
  return broken;
}

function file({ events, written, forgetful }: RunFacts): string[] {
  if (written === null) return [];
  const { path, wanted, found } = written;
  if (found !== null && found !== wanted) return [`${path} holds neither nothing nor what was written`];
  const fate = fateOf(events, (input) => input.file_path === path && "content" in input);
  if (found === null && fate === "done") return [`${path} is said to be written, and is not there`];
  if (found !== null && fate === "never intended" && !forgetful) return [`${path} was written and never intended`];
  return found !== null && fate === "did not happen" ? [`${path} is there, and the log says it did not happen`] : [];
}

type Fate = "never intended" | "done" | "did not happen" | "open";

/** What the log says of the calls with such an input; the last word counts. */
function fateOf(events: readonly LoggedEvent[], which: (input: Record<string, unknown>) => boolean): Fate {
  const intended = ofTypes(events, "tool.intended").filter(({ input }) => which(input as Record<string, unknown>));
  if (intended.length === 0) return "never intended";
  const calls = new Set(intended.map(({ call }) => call));
  let fate: Fate = "open";
  for (const event of events) {
    if (!("call" in event) || !calls.has(event.call)) continue;
    if (event.type === "tool.finished") fate = "done";
    if (event.type === "tool.intended" || event.type === "tool.interrupted" || event.type === "tool.failed")
      fate = "open";
    if (event.type === "tool.reconciled") fate = event.happened ? "done" : "did not happen";
  }
  return fate;
}

function conversation({ row, transcripts }: RunFacts): string[] {
  return Object.entries(transcripts).flatMap(([actor, entries]) => {
    const results = new Map<string, number>();
    const uses = new Map<string, string>();
    const broken: string[] = [];
    for (const block of entries.flatMap(({ content }) => content)) {
      if (block.type === "tool_use") {
        if (uses.has(block.id ?? "")) broken.push(`${actor} has the call ${block.id} twice`);
        uses.set(block.id ?? "", block.name ?? "");
      }
      if (block.type !== "tool_result") continue;
      const id = block.tool_use_id ?? "";
      if (!uses.has(id)) broken.push(`${actor} has a result of ${id}, which nobody called`);
      results.set(id, (results.get(id) ?? 0) + 1);
    }
    for (const [id, name] of uses) {
      const count = results.get(id) ?? 0;
      if (count > 1) broken.push(`${actor}'s call ${id} of ${name} has ${count} results`);
      // The report that is accepted ends the agent: it has no result.
      if (count === 0 && name !== "Report" && row.status === "completed")
        broken.push(`${actor}'s call ${id} of ${name} has no result`);
    }
    return broken;
  });
}

/** Each order is asked at most once, a turn is ordered again only after a failure, and never once it is answered. */
function model({ events, asked }: RunFacts): string[] {
  const orders = ofTypes(events, "model.called", "model.answered", "model.failed");
  const turns = new Set([...orders.map(({ turn }) => turn), ...asked]);
  return [...turns].flatMap((turn) => {
    const of = orders.filter((event) => event.turn === turn);
    const count = (type: LoggedEvent["type"]): number => of.filter((event) => event.type === type).length;
    const requests = asked.filter((one) => one === turn).length;
    const broken: string[] = [];
    if (requests > count("model.called"))
      broken.push(`turn ${turn} was asked ${requests} times, and ordered ${count("model.called")} times`);
    if (count("model.answered") > 1) broken.push(`turn ${turn} was answered ${count("model.answered")} times`);
    if (count("model.called") > count("model.failed") + 1)
      broken.push(`turn ${turn} was ordered ${count("model.called")} times for ${count("model.failed")} failures`);
    const answered = of.findIndex(({ type }) => type === "model.answered");
    if (answered >= 0 && of.slice(answered).some(({ type }) => type === "model.called"))
      broken.push(`turn ${turn} was ordered again after its answer`);
    if (answered >= 0 && requests === 0) broken.push(`turn ${turn} was answered and never asked`);
    return broken;
  });
}

function money({ events, budget }: RunFacts): string[] {
  const settled = ofTypes(events, "budget.settled");
  const effects = settled.map(({ effect }) => effect);
  const broken = effects
    .filter((effect, index) => effects.indexOf(effect) !== index)
    .map((effect) => `${effect} was settled twice`);
  for (const field of ["heldTokens", "heldNano"]) {
    if (Number(budget[field] ?? 0) !== 0) broken.push(`the budget still holds ${field} ${budget[field]}`);
  }
  const spent = settled.reduce((sum, { tokens }) => sum + tokens, 0);
  if (Number(budget.tokens ?? 0) !== spent) broken.push(`${budget.tokens} tokens spent, and ${spent} settled`);
  return broken;
}

function ofTypes<Type extends LoggedEvent["type"]>(events: readonly LoggedEvent[], ...types: Type[]): Of<Type>[] {
  return events.filter((event): event is Of<Type> => (types as string[]).includes(event.type));
}
