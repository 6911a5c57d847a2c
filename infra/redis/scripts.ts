/**
 * The Lua scripts, one indivisible act each, loaded from the files beside this one. A server that has lost them
 * (restart, SCRIPT FLUSH) is sent the text again by the client.
 */
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";

const KEY_COUNTS = { create: 7, claim: 8, commit: 14, send: 4, hold: 4, sweep: 2, quarantine: 10 } as const;
export type ScriptName = keyof typeof KEY_COUNTS;

export type Run = (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown[]>;
export type Scripts = Readonly<Record<ScriptName, Run>>;

const source = (name: ScriptName): string => readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), "utf8");

type Command = (...args: (string | number)[]) => Promise<unknown[]>;

/** Registers every script on the connection. Throws where a script file is missing: a broken installation. */
export function scriptsOn(redis: Redis): Scripts {
  const bound = Object.entries(KEY_COUNTS).map(([name, numberOfKeys]) => {
    const command = `swarm_${name}`;
    redis.defineCommand(command, { lua: source(name as ScriptName), numberOfKeys });
    const run: Run = (keys, args) => {
      if (keys.length !== numberOfKeys) throw new Error(`${name}.lua takes ${numberOfKeys} keys, got ${keys.length}`);
      return (redis as unknown as Record<string, Command>)[command]?.(...keys, ...args) as Promise<unknown[]>;
    };
    return [name, run] as const;
  });
  return Object.fromEntries(bound) as Record<ScriptName, Run>;
}
