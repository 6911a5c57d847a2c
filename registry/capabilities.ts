/**
 * What one run may draw from beyond the built-in tools: plugin tools, skills, agent profiles, as they were approved when
 * the run was created. Latched with the run as one document, so that whoever resumes it elsewhere has the same.
 */
import { z } from "zod";

const jsonSchema = z.record(z.string(), z.unknown());
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** How a server is reached. `${NAME}` in `env` and `headers` is filled in by the worker, from its own environment. */
export const serverStartSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("stdio"),
    command: z.string().min(1),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string()),
    /** Whether it may reach the network from inside its sandbox. */
    network: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("http"),
    url: z.string().min(1),
    headers: z.record(z.string(), z.string()),
  }),
]);
export type ServerStart = z.infer<typeof serverStartSchema>;

export const pluginToolSchema = z.strictObject({
  /** As the server calls it; models know it as `mcp__<server>__<name>`. */
  name: z.string(),
  description: z.string(),
  inputSchema: jsonSchema,
  outputSchema: jsonSchema.optional(),
  /** What the server says of itself: shown, and never believed. */
  annotations: z.record(z.string(), z.unknown()).optional(),
  /** Of the canonical definition that was approved. */
  hash: sha256,
  /** The operator's word, `destructive` where there is none. */
  risk: z.enum(["read-only", "mutating", "destructive"]),
  /** The operator's word, `unsafe` where there is none. */
  repeat: z.enum(["safe", "idempotent", "unsafe"]),
});
export type PluginTool = z.infer<typeof pluginToolSchema>;

export const pluginSchema = z.strictObject({
  /** Assigned by the configuration, never the server's own name. */
  server: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  /** Who configured it: which of the worker's variables it may be given depends on that. */
  origin: z.enum(["operator", "workspace"]),
  /** Pin scope of its approvals: empty for the operator's, else the workspace that brings it. */
  scope: z.string(),
  /** Absolute folder that a program without an absolute path was found from when it was approved. */
  home: z.string(),
  start: serverStartSchema,
  /** Of the canonical start that was approved. */
  startHash: sha256,
  tools: z.array(pluginToolSchema),
});
export type Plugin = z.infer<typeof pluginSchema>;

export const skillSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  folder: z.string(),
  /** Of its pin: the folder whose repository brings it, or empty. */
  scope: z.string(),
  /** Of the sorted list of its files and their hashes. */
  hash: sha256,
  /** Tools it says it needs (`allowed-tools`): a request, never a right. */
  tools: z.array(z.string()),
  /** Other skills that it builds on. */
  needs: z.array(z.string()),
  /** False: only a person may call for it; the model is not told of it. */
  byModel: z.boolean(),
});
export type Skill = z.infer<typeof skillSchema>;

/** An agent type of the person's own: a base type made narrower. */
export const profileSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  /** Built-in type whose machine and queue its agents have. */
  base: z.string(),
  prompt: z.string(),
  /** Built-in tools, never more than the base has. */
  tools: z.array(z.string()),
  /** Names or `mcp__server__*`, of those that the base lets it find; null: all of them. */
  pluginTools: z.array(z.string()).nullable(),
  /** How able a model it wants; null: the one of its base. */
  model: z.enum(["small", "medium", "large"]).nullable(),
  turnsMax: z.int().min(1).nullable(),
  /** Skills that it may open; null: all of the run. */
  skills: z.array(z.string()).nullable(),
  /** Of its pin, as a skill's. */
  scope: z.string(),
  /** File that it was read from. */
  source: z.string(),
  /** Of that file. */
  hash: sha256,
});
export type Profile = z.infer<typeof profileSchema>;

export const capabilitiesSchema = z.strictObject({
  v: z.literal(1),
  plugins: z.array(pluginSchema),
  skills: z.array(skillSchema),
  profiles: z.array(profileSchema),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;

/** Brief id under which a run's capabilities stand; no task can be called so. */
export const CAPABILITIES_BRIEF = "@capabilities";

export const NO_CAPABILITIES: Capabilities = { v: 1, plugins: [], skills: [], profiles: [] };
