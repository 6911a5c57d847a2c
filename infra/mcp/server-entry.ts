/** One entry of a list of plugin servers, parsed strictly: what it would start, or everything that is wrong with it. */
import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { obeysItsFolder } from "./program.ts";
import { isWellFormed, namesIn, reference } from "./variables.ts";

export type ConfiguredStart =
  | {
      readonly kind: "stdio";
      readonly command: string;
      readonly args: string[];
      readonly env: Record<string, string>;
      readonly network: boolean;
    }
  | { readonly kind: "http"; readonly url: string; readonly headers: Record<string, string> };

export interface ConfiguredServer {
  readonly id: string;
  readonly origin: "operator" | "workspace";
  /** Scope of its pins: empty for the operator's, else the link-free folder that brings it. */
  readonly scope: string;
  readonly file: string;
  /** Where a program without an absolute path is looked for: the link-free workspace; `/` where the workspace has no say. */
  readonly home: string;
  readonly start: ConfiguredStart;
  readonly tools: Readonly<
    Record<
      string,
      {
        readonly risk?: "read-only" | "mutating" | "destructive" | undefined;
        readonly repeat?: "safe" | "idempotent" | "unsafe" | undefined;
      }
    >
  >;
}

/** What makes a program load foreign code before it begins: it would be ours, not the server's. */
const LOADERS = /^(LD_|DYLD_|GLIBC_|MALLOC_|GCONV_PATH$|LOCPATH$|NLSPATH$|BASH_ENV$|ENV$|BASH_FUNC_)/i;
const TEXT = z.string().max(8_192);
const NAME = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "a variable's name: letters, digits, _")
  .refine((name) => !LOADERS.test(name), "the loader of programs obeys it, and the sandbox is a program too");
const HEADER = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "a header's name: letters, digits, -");
const env = z.record(NAME, TEXT).default({});

const stdio = {
  type: z.literal("stdio").optional(),
  command: TEXT.min(1),
  args: z.array(TEXT).max(200).default([]),
  env,
};
const http = {
  type: z.enum(["http", "streamable-http"]).optional(),
  url: TEXT.min(1),
  headers: z.record(HEADER, TEXT).default({}),
};
const own = {
  network: z.boolean().default(false),
  disabled: z.boolean().default(false),
  tools: z
    .record(
      z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/, "a tool's name as its server calls it"),
      z.strictObject({
        risk: z.enum(["read-only", "mutating", "destructive"]).optional(),
        repeat: z.enum(["safe", "idempotent", "unsafe"]).optional(),
      }),
    )
    .default({}),
};
/** What other programs understand there and does nothing here. */
const foreign = {
  timeout: z.unknown().optional(),
  alwaysAllow: z.unknown().optional(),
  autoApprove: z.unknown().optional(),
};
const IDLE_FIELDS = Object.keys(foreign);
const narrowing = { disabled: own.disabled };

const SCHEMAS = {
  operator: {
    stdio: z.strictObject({ ...stdio, ...own, ...foreign }),
    http: z.strictObject({ ...http, ...own, ...foreign }),
  },
  workspace: {
    stdio: z.strictObject({ ...stdio, ...narrowing, ...foreign }),
    http: z.strictObject({ ...http, ...narrowing, ...foreign }),
  },
} as const;

const OWN_HINT =
  "network and tools are the operator's to say: put the server into your own swarm.config, or leave them out.";
const SECRET_HINT = `Write ${reference("NAME")} and set NAME where the worker runs: what is written here is approved, stored and shown.`;

/** Says what is wrong with a field of an entry, and the way out. */
export type Tell = (field: string, value: unknown, problem: string, hint: string) => void;

export interface EntryPlace {
  readonly file: string;
  readonly origin: ConfiguredServer["origin"];
  /** The link-free workspace. */
  readonly home: string;
  /** Names of the worker's variables that a workspace's servers may be given. */
  readonly variables: readonly string[];
}

/** Null where it cannot be taken; why was told. */
export function serverOf(
  id: string,
  raw: unknown,
  { file, origin, home, variables }: EntryPlace,
  tell: Tell,
): ConfiguredServer | null {
  if (!/^[A-Za-z0-9-]+(_[A-Za-z0-9-]+)*$/.test(id) || id.length > 64) {
    tell(
      "",
      id,
      "it is no name for a server",
      "Use letters, digits, - and single _ inside, at most 64: tools are called mcp__<server>__<tool>.",
    );
    return null;
  }
  const kind = kindOf(raw, tell);
  if (kind === null) return null;
  const parsed = SCHEMAS[origin][kind].safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.code === "unrecognized_keys" ? issue.keys.join(", ") : (issue?.path.join(".") ?? "");
    const isOwn = origin === "workspace" && /^(network|tools)\b/.test(field);
    const fields = Object.keys(SCHEMAS[origin][kind].shape).filter((name) => !IDLE_FIELDS.includes(name));
    tell(
      field,
      valueAt(raw, issue?.path ?? []),
      issue === undefined ? "it cannot be read" : problemOf(issue, valueAt(raw, issue.path)),
      isOwn ? OWN_HINT : `Fields are: ${fields.join(", ")}.`,
    );
    return null;
  }
  for (const field of IDLE_FIELDS) {
    if (Object.hasOwn(raw as object, field))
      tell(
        field,
        (raw as Record<string, unknown>)[field],
        "it does nothing here",
        "Approvals and rules are in swarm.config.",
      );
  }
  const start = startFrom(parsed.data);
  if (start === null || !textsAreFine(start, origin, variables, tell)) return null;
  const scope = origin === "operator" ? "" : realpathSync(dirname(file));
  const tools = "tools" in parsed.data ? (parsed.data.tools as ConfiguredServer["tools"]) : {};
  // What a workspace has installed is not what its operator meant: it is neither looked at nor run.
  const apart = origin === "operator" && start.kind === "stdio" && obeysItsFolder(start);
  return { id, origin, scope, file, home: apart ? "/" : home, start, tools };
}

/** A name that is refused says by itself what is wrong with it; the record around it only that something is. */
function problemOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  return issue.code === "invalid_type" && value === undefined ? "it is missing" : issue.message;
}

function kindOf(raw: unknown, tell: Tell): "stdio" | "http" | null {
  const given = z.looseObject({ type: z.unknown(), command: z.unknown(), url: z.unknown() }).partial().safeParse(raw);
  if (!given.success) {
    tell("", raw, "it is no object", 'Write {"command": …} or {"type": "http", "url": …}.');
    return null;
  }
  const { type, command, url } = given.data;
  if (
    type === "http" ||
    type === "streamable-http" ||
    (type === undefined && url !== undefined && command === undefined)
  )
    return "http";
  if (type === undefined || type === "stdio") return "stdio";
  tell(
    "type",
    type,
    "there is no such transport here",
    "Use stdio (a command) or http (streamable HTTP); a server with sse needs a newer version.",
  );
  return null;
}

type Parsed = z.output<(typeof SCHEMAS)["operator"]["stdio"]> | z.output<(typeof SCHEMAS)["operator"]["http"]>;

function startFrom(
  parsed: z.output<(typeof SCHEMAS)["operator" | "workspace"]["stdio" | "http"]>,
): ConfiguredStart | null {
  if ("command" in parsed) {
    const { command, args, env: given } = parsed;
    const network = "network" in parsed && (parsed as Parsed).network === true;
    return { kind: "stdio", command, args, env: given, network };
  }
  return { kind: "http", url: parsed.url, headers: parsed.headers };
}

/** Names that carry secrets, and secrets that are known by their looks. */
const SECRET_NAME = /(key|token|secret|passw|credential|authorization|cookie)/i;
const SECRET_LOOKS =
  /\b(sk-[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|eyJ[\w-]{20,}\.[\w-]{10,})/;

function textsAreFine(
  start: ConfiguredStart,
  origin: ConfiguredServer["origin"],
  variables: readonly string[],
  tell: Tell,
): boolean {
  for (const [field, name, text] of textsOf(start)) {
    if (!isWellFormed(text))
      return no(
        tell,
        field,
        text,
        `a ${reference("…")} in it is no reference`,
        `Write ${reference("NAME")} or ${reference("NAME:-default")}.`,
      );
    if (/[\p{Cc}]/u.test(text.replace(/[\t\n]/g, "")))
      return no(tell, field, JSON.stringify(text), "it has control characters", "Take them out.");
    const named = SECRET_NAME.test(name) && namesIn(text).length === 0 && text.length >= 8;
    if (named || SECRET_LOOKS.test(text)) return no(tell, field, "(not shown)", "it looks like a secret", SECRET_HINT);
    if (origin === "operator") continue;
    const closed = namesIn(text).find(
      (one) => one !== "CLAUDE_PROJECT_DIR" && !variables.includes(one) && !text.includes(`\${${one}:-`),
    );
    if (closed !== undefined)
      return no(
        tell,
        field,
        `\${${closed}}`,
        "the operator does not give this variable to servers of repositories",
        `Add ${closed} to mcpVariables in your own swarm.config if you trust them with it.`,
      );
  }
  return start.kind === "stdio" || urlIsFine(start.url, tell);
}

function no(tell: Tell, ...words: Parameters<Tell>): false {
  tell(...words);
  return false;
}

function* textsOf(start: ConfiguredStart): Generator<readonly [field: string, name: string, text: string]> {
  if (start.kind === "http") {
    yield ["url", "", start.url];
    for (const [name, text] of Object.entries(start.headers)) yield [`headers.${name}`, name, text];
    return;
  }
  yield ["command", "", start.command];
  for (const [index, text] of start.args.entries()) yield [`args.${index}`, "", text];
  for (const [name, text] of Object.entries(start.env)) yield [`env.${name}`, name, text];
}

function urlIsFine(text: string, tell: Tell): boolean {
  // What a variable fills in is looked at when it is filled in.
  const example = text.replace(/\$\{[^}]*\}/g, "x");
  const url = URL.canParse(example) ? new URL(example) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    return no(tell, "url", text, "it is no http or https address", "Write https://host/path.");
  if (url.username !== "" || url.password !== "")
    return no(tell, "url", "(not shown)", "it holds credentials", `Put them into headers, as ${reference("NAME")}.`);
  return true;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let here = raw;
  for (const part of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<PropertyKey, unknown>)[part];
  }
  return path.length === 0 ? "" : SECRET_NAME.test(String(path.at(-1))) ? "(not shown)" : here;
}
