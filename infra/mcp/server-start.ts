/**
 * The start of a plugin server as somebody approves it: command, arguments, environment, address, and what the program
 * really is here, as one canonical text. The same text is made again before every start, and must be the same.
 */

import { sha256 } from "../ids.ts";
import { canonical } from "../model/canonical-json.ts";
import { type FoundProgram, programOf } from "./program.ts";
import type { ConfiguredStart } from "./server-entry.ts";
import { namesIn } from "./variables.ts";

export interface ServerStarting {
  /** Canonical JSON, a line per field: shown, hashed, compared. */
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal. */
  readonly hash: string;
  /** What somebody should know before they approve it. */
  readonly told: readonly string[];
  /** Null for a server that is reached, not started. */
  readonly found: FoundProgram | null;
}

/** `home`: the folder that programs without an absolute path are found from. Starts nothing. */
export function startOf(
  { start, home }: { readonly start: ConfiguredStart; readonly home: string },
  searchPath: string,
): ServerStarting {
  if (start.kind === "http") return { ...textOf({ ...start }), told: httpWords(start), found: null };
  const found = programOf({ command: start.command, args: start.args, home, searchPath });
  const told = [
    ...found.told,
    ...(start.network ? ["it may reach the network from inside its sandbox"] : []),
    ...(isFetched(start, found) ? [UNFETCHED] : []),
  ];
  return { ...textOf({ ...start, program: found.program, variables: variablesOf(start) }), told, found };
}

/** What is to be said of a server whose package nobody can fetch. */
export const UNFETCHED =
  "its package is fetched at every start and it may not reach the network: install the package in the workspace, or configure the server in your own swarm.config with network: true";

/** Whether it is fetched from a registry each time, and cannot be. */
export const isFetched = (
  { network }: Pick<Extract<ConfiguredStart, { kind: "stdio" }>, "network">,
  { program }: FoundProgram,
): boolean => !network && program.package !== undefined && program.file === undefined;

function textOf(fields: Record<string, unknown>): { text: string; hash: string } {
  const text = JSON.stringify(canonical(fields), null, 1);
  return { text, hash: sha256(text) };
}

/** Whose values it is given. */
const variablesOf = ({ command, args, env }: Extract<ConfiguredStart, { kind: "stdio" }>): string[] =>
  [...new Set([command, ...args, ...Object.values(env)].flatMap(namesIn))].sort();

function httpWords({ url, headers }: Extract<ConfiguredStart, { kind: "http" }>): string[] {
  const given = Object.values(headers).flatMap(namesIn);
  const isPlain = /^http:/i.test(url) && !/^http:\/\/(127\.|localhost\b|\[::1\])/i.test(url);
  return [
    "what its tools are given leaves this machine",
    ...(isPlain ? ["it is reached without encryption"] : []),
    ...(given.length === 0 ? [] : [`it is given ${[...new Set(given)].join(", ")}`]),
  ];
}
