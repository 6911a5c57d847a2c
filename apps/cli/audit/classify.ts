/**
 * `swarm audit classify`: what the current policy says of calls that somebody writes down, a line each. It runs nothing,
 * looks at no file that a call names, and needs no Redis.
 */

import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { type Config, readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { decide } from "../../../registry/permission/decide.ts";
import type { DecisionRisk, PermissionDecision, RuleLists } from "../../../registry/permission/question.ts";
import type { ToolDeclaration } from "../../../registry/tool.ts";
import { toolNamed } from "../../../registry/tools/index.ts";
import { permissionsOf } from "../permission-lists.ts";
import { harmless, printJson } from "../print.ts";
import { folderAt } from "../workspace.ts";

const lineSchema = z.object({
  tool: z.string().min(1).max(256),
  input: z.record(z.string(), z.unknown()),
  /** The workspace of this call; without, that of the command. */
  cwd: z.string().min(1).max(4_096).optional(),
});

/** Characters of one line, at most: a whole file in a Write, and more. */
const LINE_CHARS_MAX = 8_000_000;

type Classified = Pick<PermissionDecision, "decision" | "rule" | "reason"> & { readonly risk: DecisionRisk };

/** Exit code 2 where a line could not be understood; every other line is judged all the same. */
export async function classify(flags: Record<string, unknown>): Promise<number> {
  if (process.stdin.isTTY === true) {
    throw new SwarmError("usage.audit", "`swarm audit classify` reads its calls from stdin", {
      exit: 2,
      hint: `For example: echo '{"tool":"Bash","input":{"command":"git status"}}' | swarm audit classify --jsonl`,
    });
  }
  const workspace = folderAt(String(flags.workspace ?? "."));
  const config = await readConfig(workspace);
  const judge = judgeOf(config, workspace);
  const asJson = flags.jsonl === true || flags.json === true;
  let number = 0;
  let malformed = 0;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    const found = classifyLine(line, number, judge);
    if ("error" in found) malformed += 1;
    if (asJson) printJson({ v: 1, ...found });
    else print(found);
  }
  return malformed === 0 ? 0 : 2;
}

type Judge = (call: z.infer<typeof lineSchema>) => Classified;

interface Malformed {
  readonly line: number;
  readonly error: { readonly code: string; readonly message: string };
}

function classifyLine(line: string, number: number, judge: Judge): Classified | Malformed {
  const malformed = (why: string): Malformed => ({
    line: number,
    error: { code: "audit.line", message: `line ${number}: ${why}` },
  });
  if (line.length > LINE_CHARS_MAX) return malformed(`it is longer than ${LINE_CHARS_MAX} characters`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    return malformed(`it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const parsed = lineSchema.safeParse(value);
  if (parsed.success) return judge(parsed.data);
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  return malformed(problems.slice(0, 3).join("; "));
}

function judgeOf(config: Config, workspace: string): Judge {
  const { notices: _, ...rules } = permissionsOf(config);
  const home = config.commandEnv.HOME;
  const ownDirs = [resolve(config.dataDir), ...config.stateDirs.map((folder) => resolve(folder))];
  const fixed = { rules: rules as RuleLists, ownDirs, ...(home === undefined ? {} : { home }) };
  return ({ tool: name, input, cwd }) => {
    const tool = toolNamed(name) ?? pluginTool(name);
    if (tool === null) return refused("registry.unknown-tool", `there is no tool ${name.slice(0, 128)}`);
    const parsed = tool.input.safeParse(input);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return refused("registry.input", `the input does not fit ${name}: ${issue?.path.join(".")}: ${issue?.message}`);
    }
    const { decision, risk, rule, reason } = decide({
      agentType: "general",
      actor: "",
      typeTools: [name],
      deniedTools: [],
      tool,
      input: parsed.data,
      workspace: resolve(workspace, cwd ?? "."),
      addDirs: [],
      mode: "edit",
      approve: "ask",
      sandbox: "none",
      isolated: false,
      grants: [],
      nowMs: 0,
      ...fixed,
    });
    return { risk, decision, rule, reason };
  };
}

const refused = (rule: string, reason: string): Classified => ({ risk: "unknown", decision: "deny", rule, reason });

/** What an MCP server would bring: nothing is known of it but its name. */
const pluginTool = (name: string): ToolDeclaration | null =>
  /^mcp__[\w.-]+$/.test(name)
    ? {
        name,
        tier: "plugin",
        category: "network",
        summary: name,
        description: name,
        source: "",
        risk: "destructive",
        repeat: "unsafe",
        input: z.unknown(),
        timeoutMs: 0,
      }
    : null;

function print(found: Classified | Malformed): void {
  if ("error" in found) process.stdout.write(`${found.error.message}\n`);
  else process.stdout.write(`${[found.decision, found.risk, found.rule, harmless(found.reason)].join("\t")}\n`);
}
