/** What lies beside a gate, parsed: who started, how it ended. A file that is not one of ours is an error, never a guess. */
import { z } from "zod";
import { SwarmError } from "../errors.ts";
import { readIfThere } from "./durable-file.ts";
import type { GateRecord } from "./gate.ts";

const identity = z.object({ pid: z.int(), startTime: z.string(), bootId: z.string() });
const facts = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("command"), command: z.string(), cwd: z.string(), timeoutMs: z.number() }),
  z.object({
    kind: z.literal("change"),
    workspace: z.string(),
    path: z.string(),
    before: z.string().nullable(),
    after: z.string(),
  }),
  z.object({ kind: z.literal("call"), server: z.string(), tool: z.string() }),
  z.object({ kind: z.literal("void"), why: z.string() }),
]);

const gateSchema = z.object({
  v: z.literal(1),
  effect: z.string(),
  inputHash: z.string(),
  holder: identity,
  at: z.string(),
  facts,
});

const sandboxLevel = z.enum(["full", "partial", "none"]);

const protectedItem = z.object({
  path: z.string(),
  how: z.enum(["hide", "keep"]),
  kind: z.enum(["file", "folder", "link"]),
  target: z.string().optional(),
  git: z.literal(true).optional(),
});

const startSchema = z.object({
  v: z.literal(1),
  leader: identity,
  at: z.string(),
  /** How it is confined; absent in records of versions that could not. */
  sandbox: sandboxLevel.optional(),
  /** What was protected before it began, so that whoever finds it lost can still compare. */
  watch: z
    .object({
      roots: z.array(z.string()),
      apart: z.array(z.string()),
      parts: z.array(z.string()),
      before: z.array(protectedItem),
      whole: z.boolean(),
      aside: z.string(),
    })
    .nullable()
    .optional(),
});

const commandOutcomeSchema = z.object({
  v: z.literal(1),
  kind: z.literal("command"),
  /** The command never ran: there was no shell, or the folder was gone. */
  broke: z.string().optional(),
  code: z.int().nullable().optional(),
  signal: z.string().nullable().optional(),
  stopped: z.enum(["timed_out", "called_off"]).nullable(),
  bytes: z.int(),
  /** Bytes of output that were left out. */
  dropped: z.int(),
  at: z.string(),
  tookMs: z.number(),
  sandbox: sandboxLevel.optional(),
  /** Protected files that it had made, and where they were put; null: it could not be moved. */
  setAside: z.array(z.object({ path: z.string(), to: z.string().nullable() })).optional(),
  /** False: there were too many folders to look for such files in all of them. */
  watched: z.boolean().optional(),
  /** It was confined to reading: it was thought to change nothing. */
  looksOnly: z.boolean().optional(),
});

const outcomeSchema = z.discriminatedUnion("kind", [
  commandOutcomeSchema,
  z.object({
    v: z.literal(1),
    kind: z.literal("change"),
    ok: z.boolean(),
    /** Why nothing was changed, where it was not. */
    why: z.string().optional(),
    at: z.string(),
  }),
  z.object({
    v: z.literal(1),
    kind: z.literal("call"),
    ok: z.boolean(),
    /** What the agent is told. */
    text: z.string(),
    at: z.string(),
  }),
]);

export type StartRecord = z.infer<typeof startSchema>;
export type CommandOutcome = z.infer<typeof commandOutcomeSchema>;
export type OutcomeRecord = z.infer<typeof outcomeSchema>;

export const readGate = (path: string): Promise<GateRecord | null> => read(path, gateSchema);
export const readStart = (path: string): Promise<StartRecord | null> => read(path, startSchema);
export const readOutcome = (path: string): Promise<OutcomeRecord | null> => read(path, outcomeSchema);

async function read<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema> | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new SwarmError("journal.unreadable", `${path} is not a record of ours`, {
      cause,
      hint: "It was damaged, or written by another version of statehive.",
    });
  }
}
