/**
 * Short ways to write the rows of tools with many subcommands. What only shows gets an exact list of options; what asks
 * anyway takes any words, but the folders and hosts that these name are passed on.
 */
import type { Finding, GivenCall, Program, Row } from "../program.ts";
import { unknown } from "../program.ts";
import { hostOf } from "../slot.ts";
import type { ShellPath } from "../verdict.ts";
import { both, type Inspect, reachesOut, sendsOut } from "./findings.ts";

type More = Partial<Row>;
export type Rows = Readonly<Record<string, Row>>;

/** Shows something and does nothing else. Options and operands must be given. */
export function shows(reason: string, more: More = {}): Row {
  return { risk: "read-only", reason, ...more };
}

const any = { style: "words", operands: { rest: "text" } } as const satisfies More;

/** Changes files of the workspace, or runs what the project holds. */
export function changes(reason: string, more: More = {}): Row {
  return { risk: "mutating", reason, ...any, ...more, inspect: named(more.inspect) };
}

/** Reaches the network to fetch or to ask. */
export function reaches(reason: string, more: More = {}): Row {
  return { risk: "mutating", reason, ...any, ...more, inspect: named(both(reachesOut, more.inspect ?? nothing)) };
}

/** Publishes or sends away. */
export function sends(what: string, reason: string, more: More = {}): Row {
  return {
    risk: "destructive",
    reason,
    ...any,
    ...more,
    inspect: named(both(sendsOut(what), more.inspect ?? nothing)),
  };
}

/** Deletes or overwrites what cannot be had back. */
export function loses(what: string, reason: string, more: More = {}): Row {
  return { risk: "destructive", reason, ...any, loses: what, ...more, inspect: named(more.inspect) };
}

/** Runs what nobody can judge from the line. */
export function obscure(reason: string, more: More = {}): Row {
  return { risk: "unknown", reason, ...any, ...more, inspect: named(more.inspect) };
}

/** The same row under several names. */
export function as(names: string, row: Row): Rows {
  return Object.fromEntries(names.split(" ").map((name) => [name, row]));
}

/** A program of which only these options are harmless; called in any other way it is `otherwise`. */
export function onlyShows(names: string, flags: string, otherwise: Finding, more: Partial<Program> = {}): Program {
  return {
    names,
    risk: "read-only",
    reason: "shows its version or how it is used",
    style: "words",
    operands: { rest: "text" },
    ...more,
    inspect: (call) => {
      const words = call.operands.map(({ literal }) => literal);
      const isHarmless = words.length > 0 && words.every((word) => !!word && flags.split(" ").includes(word));
      return isHarmless ? undefined : both(() => otherwise, more.inspect ?? nothing, namedIn)(call);
    },
  };
}

const nothing: Inspect = () => undefined;

function named(inspect: Inspect | undefined): Inspect {
  return inspect === undefined ? namedIn : both(inspect, namedIn);
}

/** Words that lead out of the folder, as if they were written, and addresses. Values of `--option=value` too. */
export function namedIn({ operands }: GivenCall): Finding | undefined {
  const paths: ShellPath[] = [];
  const hosts: string[] = [];
  for (const { shown } of operands) {
    const value = shown.startsWith("-") && shown.includes("=") ? shown.slice(shown.indexOf("=") + 1) : shown;
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) hosts.push(hostOf(value));
    else if (/^(?:\/|~|\.\.(?:\/|$))|\/\.\.(?:\/|$)/.test(value)) paths.push({ path: value, access: "write" });
  }
  return paths.length + hosts.length === 0 ? undefined : { paths, hosts };
}

/** Where one of the words says more than the subcommand: `refuses(/^--eval/, …)`. */
export function refuses(pattern: RegExp, reason: string): Inspect {
  return ({ operands }) => (operands.some(({ shown }) => pattern.test(shown)) ? unknown(reason, "option") : undefined);
}

/** Worse where one of the words matches. */
export function worse(pattern: RegExp, finding: Finding): Inspect {
  return ({ operands }) => (operands.some(({ shown }) => pattern.test(shown)) ? finding : undefined);
}
