/**
 * The Lua scripts, one indivisible act each, loaded from the files beside this one. They carry no `#!lua` header: it is
 * unknown to Redis 6, and would refuse a resent commit its first answer where memory is full.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { type CallOptions, callsOn } from "./calls.ts";
import type { Incarnations } from "./incarnation.ts";
import { asGiven } from "./latin1.ts";
import { isNoScript } from "./store-failure.ts";
import { type Argument, scriptCommand, sendTogether } from "./wire.ts";

const KEY_COUNTS = {
  create: 7,
  claim: 9,
  commit: 16,
  reattached: 2,
  send: 5,
  hold: 4,
  sweep: 2,
  quarantine: 9,
  fork: 4,
  requeue: 10,
  drop: 4,
  erase: 1,
  unlock: 1,
  answer: 7,
  revoke: 4,
  unwound: 5,
  "revoke-ended": 2,
  budget: 3,
  lost: 3,
} as const;
/** What it answers may be packed: texts in it are buffers. */
const ANSWERS_IN_BYTES: ScriptName = "claim";
/** Sent with every step, with more arguments than any other. */
const OF_EVERY_STEP: ScriptName = "commit";

export type ScriptName = keyof typeof KEY_COUNTS;

/** Throws StoreError, within its limit of time, and nothing else. */
export type Run = (keys: readonly string[], args: readonly Argument[]) => Promise<unknown[]>;
export type Scripts = Readonly<Record<ScriptName, Run>>;

export interface ScriptOptions extends CallOptions {
  /**
   * Settled before anything is sent over a new connection, and before a server process is given a script that it does
   * not have: a restart loses them all, so nothing can be written there first.
   */
  readonly incarnation?: Pick<Incarnations, "settled" | "settle">;
}

/** Throws where a script file is missing: a broken installation. */
export function scriptsOn(redis: Redis, { incarnation, ...options }: ScriptOptions = {}): Scripts {
  const call = callsOn(redis, options);
  const bound = Object.entries(KEY_COUNTS).map(([name, keyCount]) => {
    const { text, sha } = scriptText(name);
    const asBytes = name === ANSWERS_IN_BYTES;
    const first = (keys: readonly string[], args: readonly Argument[]): Promise<unknown> => {
      if (name === OF_EVERY_STEP) return sendTogether(redis, scriptCommand(sha, keys, args));
      const given = args.map(asGiven);
      return asBytes
        ? redis.callBuffer("evalsha", sha, keyCount, ...keys, ...given)
        : redis.evalsha(sha, keyCount, ...keys, ...given);
    };
    const loaded = async (keys: readonly string[], args: readonly Argument[]): Promise<unknown> => {
      await incarnation?.settle();
      const given = args.map(asGiven);
      return asBytes
        ? redis.callBuffer("eval", text, keyCount, ...keys, ...given)
        : redis.eval(text, keyCount, ...keys, ...given);
    };
    const known = (keys: readonly string[], args: readonly Argument[]): Promise<unknown> =>
      first(keys, args).catch((cause: unknown) => {
        if (!isNoScript(cause)) throw cause;
        return loaded(keys, args);
      });
    const send = (keys: readonly string[], args: readonly Argument[]): Promise<unknown[]> =>
      (incarnation?.settled() === false
        ? incarnation.settle().then(() => known(keys, args))
        : known(keys, args)) as Promise<unknown[]>;
    const run: Run = (keys, args) => {
      if (keys.length !== keyCount) throw new Error(`${name}.lua takes ${keyCount} keys, got ${keys.length}`);
      return call(name, () => send(keys, args));
    };
    return [name, run] as const;
  });
  return Object.fromEntries(bound) as Record<ScriptName, Run>;
}

export function scriptText(name: string): { readonly text: string; readonly sha: string } {
  const text = withoutWords(withParts(`${name}.lua`));
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/**
 * Without comments and indentation: a call takes about a microsecond longer for each kilobyte of its script's text, run or not
 * (measured on Redis 7.0), and half of a script is for people. A comment has its line to itself.
 */
const withoutWords = (text: string): string =>
  text
    .replace(/^--\[\[[\s\S]*?\]\]\n/gm, "")
    .replace(/^\s*--.*\n/gm, "")
    .replace(/^\s+/gm, "");

/** A line `--@include file` stands for that file: what comes before it in the text is known in it, as if it stood there. */
function withParts(file: string): string {
  const text = readFileSync(new URL(`./scripts/${file}`, import.meta.url), "utf8");
  return text.replace(/^--@include (\S+)$/gm, (_, part: string) => withParts(part));
}
