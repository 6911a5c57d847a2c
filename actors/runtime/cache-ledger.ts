/**
 * What the provider's prompt cache did for a run, call by call. Nothing is stored for it: the log tells the tokens, and
 * every request is built again from the session and the conversation as it then was.
 */
import { CACHE_TTL_MS, type CallCost, type CallTokens, callCost, missedTokens } from "../../infra/model/cache-cost.ts";
import { firstDivergence, prefixChain, type Segment, sharedPrefix } from "../../infra/model/prefix-chain.ts";
import { priceOf, type TokenPrice } from "../../infra/model/prices.ts";
import { requestBody } from "../../infra/model/request.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { LOCAL_BINDING } from "./bindings.ts";
import { type Entry, entryFrom } from "./conversation.ts";
import { generationIn } from "./generations.ts";
import { entriesOf } from "./run-log.ts";
import { requestOf, type Session, sessionFrom } from "./session.ts";

/**
 * Why something that the last request had left in the cache was not read from it. `compacted`: the conversation was made shorter
 * in between. `expired`: it came later than the entry is kept. `unexplained`: the provider did not find it, or did not keep it.
 */
export type Miss = "diverged" | "compacted" | "expired" | "other model" | "unexplained";

export interface CacheTurn {
  readonly turn: number;
  /** When the call was ordered, ISO 8601: its request starts then, or a moment later. */
  readonly at: string;
  /** Prompt tokens read from the cache; null where the server told nothing of one. */
  readonly read: number | null;
  readonly write: number | null;
  /** Prompt tokens neither read nor written; where nothing was told of a cache, all. */
  readonly fresh: number;
  readonly output: number;
  /** Share of the prompt that was read, 0 to 1; null where it is unknown. */
  readonly hitRate: number | null;
  /** What was charged, in US dollars; this and the next two are null where nobody knows the price, or the tokens. */
  readonly costUsd: number | null;
  readonly withoutCacheUsd: number | null;
  /** Paid beyond a read for tokens that the last request had left in the cache. */
  readonly lostUsd: number | null;
  readonly lostTokens: number | null;
  readonly miss: Miss | null;
  /** The server's own word for it, and about how many tokens; null where it said nothing, or was not asked. */
  readonly toldMiss: { readonly reason: string; readonly missedTokens: number | null } | null;
  /** First segment of the agent's last request that this one has not, or has otherwise. Never happens, is the promise. */
  readonly diverged: string | null;
  /** Seconds that its entry had left when the agent's next request came or, for its last one, has left now. */
  readonly leftSeconds: number;
}

export interface CacheAgent {
  readonly id: string;
  readonly type: string;
  readonly turns: readonly CacheTurn[];
  readonly totals: CacheTotals;
}

export interface CacheTotals {
  readonly calls: number;
  readonly read: number | null;
  readonly write: number | null;
  readonly fresh: number;
  readonly hitRate: number | null;
  readonly costUsd: number | null;
  readonly withoutCacheUsd: number | null;
  /** Less than nothing where the cache cost more than it saved. */
  readonly savedUsd: number | null;
  readonly lostUsd: number | null;
  readonly lostTokens: number | null;
  /** Requests that did not go on from the agent's last one. */
  readonly broken: number;
}

export interface CacheLedger {
  readonly v: 1;
  readonly runId: string;
  /** Figures of a server of this project, which plays a model and its cache: nobody was billed, and nothing was faster. */
  readonly simulated: boolean;
  readonly agents: readonly CacheAgent[];
  /** Agents that were not looked at. */
  readonly more: number;
  readonly totals: CacheTotals;
  /** The agent that lost most; null where none lost anything. */
  readonly worst: string | null;
  /** Agents whose model, tools and system prompt another agent had sent before, and those of them that read it. */
  readonly siblings: { readonly followers: number; readonly hits: number | null; readonly readTokens: number | null };
}

/** Agents whose conversations are read, at most. */
const AGENTS_MAX = 200;

interface Call {
  readonly actor: string;
  readonly type: string;
  readonly event: Extract<LoggedEvent, { type: "model.answered" }>;
  readonly startedMs: number;
  /** Charged; null where the price was not known. */
  readonly nanoUsd: number | null;
}

interface Rebuilt {
  readonly call: Call;
  readonly chain: readonly Segment[];
  readonly asked: string;
  readonly generation: number;
}

/** Throws UnreadableEntryError where the log is damaged. `nowMs`: for what the last entries have left. */
export async function cacheLedger(
  reader: Pick<Reader, "run" | "log" | "transcript" | "session">,
  run: string,
  nowMs: number,
): Promise<CacheLedger> {
  const byActor = grouped(await callsOf(reader, run), ({ actor }) => actor);
  const agents: CacheAgent[] = [];
  const firsts: { first: Rebuilt; turn: CacheTurn }[] = [];
  for (const [id, calls] of [...byActor].slice(0, AGENTS_MAX)) {
    const rebuilt = await rebuiltCalls(reader, run, id, calls);
    const turns = turnsOf(rebuilt, nowMs);
    agents.push({ id, type: calls[0]?.type ?? "", turns, totals: totalsOf(turns) });
    if (rebuilt[0] !== undefined && turns[0] !== undefined) firsts.push({ first: rebuilt[0], turn: turns[0] });
  }
  const row = await reader.run(run);
  return {
    v: 1,
    runId: run,
    simulated: row?.fields.binding === LOCAL_BINDING || [...byActor.values()].flat().some(isSimulated),
    agents,
    more: Math.max(0, byActor.size - AGENTS_MAX),
    totals: totalsOf(agents.flatMap(({ turns }) => turns)),
    worst: worstOf(agents),
    siblings: siblingsOf(firsts),
  };
}

/** Answered calls, in the order of their answers. */
async function callsOf(reader: Pick<Reader, "log">, run: string): Promise<Call[]> {
  const started = new Map<string, number>();
  const calls: Call[] = [];
  for await (const { events, actor, type, raw } of entriesOf(reader, run)) {
    for (const event of events) {
      if (event.type === "model.called") started.set(event.effect, raw.atMs);
      if (event.type !== "model.answered") continue;
      const { effect } = event;
      const settled = events.find((one) => one.type === "budget.settled" && one.effect === effect);
      const nanoUsd = settled?.type === "budget.settled" ? settled.nanoUsd : null;
      calls.push({ actor, type, event, startedMs: started.get(effect) ?? raw.atMs, nanoUsd });
      started.delete(effect);
    }
  }
  return calls;
}

/** None where the agent's session is gone: without it nobody knows what was asked. */
async function rebuiltCalls(
  reader: Pick<Reader, "transcript" | "session">,
  run: string,
  actor: string,
  calls: readonly Call[],
): Promise<Rebuilt[]> {
  const text = await reader.session(run, actor);
  if (text === null) return [];
  const session = sessionFrom(text);
  const entries = (await reader.transcript(run, actor)).map(entryFrom);
  return calls.map((call) => {
    const said = entries.slice(0, call.event.transcript);
    return { call, asked: session.model, chain: chainOf(session, said), generation: generationIn(said) };
  });
}

const chainOf = (session: Session, entries: readonly Entry[]): readonly Segment[] =>
  prefixChain(requestBody(requestOf(session, entries, session.outTokens.wanted)));

function turnsOf(rebuilt: readonly Rebuilt[], nowMs: number): CacheTurn[] {
  return rebuilt.map(({ call, chain, asked, generation }, index): CacheTurn => {
    const before = rebuilt[index - 1];
    const { event, startedMs } = call;
    const tokens = tokensOf(event);
    const cachedBefore = before === undefined ? 0 : cachedBy(before.call);
    const told = event.usage.cacheUntold !== true;
    const prompt = tokens.read + tokens.write + tokens.fresh;
    const isAnew = before !== undefined && before.generation !== generation;
    const diverged = before === undefined || isAnew ? null : firstDivergence(before.chain, chain);
    const lostTokens = told && cachedBefore !== null ? missedTokens(tokens, cachedBefore) : null;
    const price = priceFor(call, asked, prompt);
    const money = price === null ? null : callCost(tokens, cachedBefore ?? 0, price);
    return {
      turn: event.turn,
      at: new Date(startedMs).toISOString(),
      read: told ? tokens.read : null,
      write: told ? tokens.write : null,
      fresh: tokens.fresh,
      output: tokens.output,
      hitRate: told && prompt > 0 ? tokens.read / prompt : null,
      costUsd: call.nanoUsd === null ? null : call.nanoUsd / 1e9,
      withoutCacheUsd: usd(money, "withoutCache"),
      lostUsd: lostTokens === null ? null : usd(money, "lost"),
      lostTokens,
      miss:
        before === undefined || (lostTokens ?? 0) === 0
          ? null
          : isAnew
            ? "compacted"
            : missOf(before.call, call, diverged),
      toldMiss: event.cacheMiss ?? null,
      diverged,
      leftSeconds: Math.round((startedMs + CACHE_TTL_MS - (rebuilt[index + 1]?.call.startedMs ?? nowMs)) / 1_000),
    };
  });
}

const isSimulated = ({ event }: Call): boolean => event.simulated === true;

const usd = (money: CallCost | null, which: keyof CallCost): number | null =>
  money === null ? null : money[which] / 1e9;

const tokensOf = ({ usage }: Call["event"]): CallTokens => ({
  read: usage.cacheReadTokens,
  write: usage.cacheWriteTokens,
  fresh: usage.inputTokens,
  output: usage.outputTokens,
});

/** Null where its server told nothing of a cache. */
const cachedBy = ({ event: { usage } }: Call): number | null =>
  usage.cacheUntold === true ? null : usage.cacheReadTokens + usage.cacheWriteTokens;

const FREE: TokenPrice = { input: 0, output: 0, write5m: 0, write1h: 0, read: 0, source: "charged nothing" };

/** What was charged nothing would have cost nothing without a cache, too. */
const priceFor = ({ nanoUsd, event }: Call, asked: string, prompt: number): TokenPrice | null =>
  nanoUsd === null ? null : nanoUsd === 0 ? FREE : priceOf(asked, event.at, prompt);

function missOf(before: Call, call: Call, diverged: string | null): Miss {
  if (diverged !== null) return "diverged";
  if (call.startedMs - before.startedMs > CACHE_TTL_MS) return "expired";
  return before.event.model === call.event.model ? "unexplained" : "other model";
}

function totalsOf(turns: readonly CacheTurn[]): CacheTotals {
  const told = turns.filter(({ read }) => read !== null);
  const [read, write] = [sum(told, "read"), sum(told, "write")];
  const prompt = (read ?? 0) + (write ?? 0) + (sum(told, "fresh") ?? 0);
  const [costUsd, withoutCacheUsd] = [sum(turns, "costUsd"), sum(turns, "withoutCacheUsd")];
  return {
    calls: turns.length,
    read: told.length === 0 ? null : read,
    write: told.length === 0 ? null : write,
    fresh: sum(turns, "fresh") ?? 0,
    hitRate: prompt === 0 ? null : (read ?? 0) / prompt,
    costUsd,
    withoutCacheUsd,
    savedUsd: costUsd === null || withoutCacheUsd === null ? null : withoutCacheUsd - costUsd,
    lostUsd: sum(turns, "lostUsd"),
    lostTokens: told.length === 0 ? null : told.reduce((total, turn) => total + (turn.lostTokens ?? 0), 0),
    broken: turns.filter(({ diverged }) => diverged !== null).length,
  };
}

type Counted = "read" | "write" | "fresh" | "costUsd" | "withoutCacheUsd" | "lostUsd";

/** Null where one of them is unknown: a sum of what is known would pass for the whole. */
const sum = (turns: readonly CacheTurn[], which: Counted): number | null =>
  turns.reduce<number | null>((total, turn) => {
    const one = turn[which];
    return total === null || one === null ? null : total + one;
  }, 0);

function worstOf(agents: readonly CacheAgent[]): string | null {
  const lost = agents.filter(({ totals }) => (totals.lostTokens ?? 0) > 0);
  lost.sort(
    ({ totals: one }, { totals: other }) =>
      (other.lostUsd ?? 0) - (one.lostUsd ?? 0) || (other.lostTokens ?? 0) - (one.lostTokens ?? 0),
  );
  return lost[0]?.id ?? null;
}

/** Whoever is first with a prefix writes it; those after it can read it. */
function siblingsOf(firsts: readonly { first: Rebuilt; turn: CacheTurn }[]): CacheLedger["siblings"] {
  const groups = grouped(firsts, ({ first }) => sharedPrefix(first.chain));
  const followers = [...groups.values()].flatMap((group) =>
    group.toSorted((one, other) => one.first.call.startedMs - other.first.call.startedMs).slice(1),
  );
  const told = followers.filter(({ turn }) => turn.read !== null);
  return {
    followers: followers.length,
    hits: told.length === 0 ? null : told.filter(({ turn }) => (turn.read ?? 0) > 0).length,
    readTokens: told.length === 0 ? null : told.reduce((total, { turn }) => total + (turn.read ?? 0), 0),
  };
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
