/**
 * Every setting of a configuration file with what it does, in the order in which a new file shows them. The compiler
 * demands an entry for each field that a file may have, and the tests hold what is said here to what is read.
 */
import type { FileSettings } from "../../../infra/config-schema.ts";

export interface DocumentedSetting {
  /** What it does, with units and limits, in lines of at most 110 characters. */
  readonly words: readonly string[];
  /** JavaScript: the default itself, or where there is none (null in effect) a value of the right form. */
  readonly value: string;
  /** Whether `value` is what holds where nothing is said. */
  readonly isDefault: boolean;
  /** Only the operator may say it: a file that comes with a repository is refused for it. */
  readonly operator: boolean;
}

const ours = (value: string, ...words: string[]): DocumentedSetting => ({
  words,
  value,
  isDefault: true,
  operator: false,
});
const example = (value: string, ...words: string[]): DocumentedSetting => ({
  ...ours(value, ...words),
  isDefault: false,
});
const operators = (setting: DocumentedSetting): DocumentedSetting => ({ ...setting, operator: true });

export const settings: { readonly [Name in keyof Required<FileSettings>]: DocumentedSetting } = {
  model: example(
    `"claude-sonnet-5-5"`,
    "Model to ask, by id, for every agent of a run. Default: each agent type's tier below.",
  ),
  models: example(
    `{ small: "claude-haiku-5-5", medium: "claude-sonnet-5-5", large: "claude-opus-5-5" }`,
    "Model by tier: agent types say how able a model they want (`swarm agents list`). A tier that is not named",
    "has the default model.",
  ),
  permissions: ours(
    `{ allow: [], ask: [], deny: [] }`,
    "What agents may do: rules such as `Bash(npm test)`, `Edit(src/**)`, `Read(./secrets/**)`. Deny wins; what no",
    "rule names is asked on a terminal and denied without one. docs/permissions.md. `claudeSettings: true` takes",
    "over the lists of .claude/settings.json.",
  ),
  mcpServers: ours(
    `{}`,
    "Plugin servers (MCP) by name: { command, args, env } or { url, headers }. Each must be approved once, start",
    "and tools, by `swarm tools check`. docs/plugins.md.",
  ),
  redisUrl: example(
    `"redis://127.0.0.1:6379/0"`,
    "Redis to use: redis://, rediss:// or unix://. Default: a private one that is started where it is needed.",
  ),
  dataDir: ours(`".swarm"`, "Folder of the private Redis and of ended runs, from the folder of this file."),
  prefix: ours(`"swarm"`, "Beginning of every key and queue in Redis: letters, digits, - and _, at most 32."),
  redisBin: example(
    `"/usr/bin/redis-server"`,
    "Program of the private Redis. Default: looked for, and fetched where there is none.",
  ),
  redisInstall: ours(`"auto"`, `"never": where there is no Redis, none is fetched.`),
  redisFsync: ours(
    `"always"`,
    `"everysec" is faster, and loses up to two seconds of committed steps when the power fails.`,
  ),
  retentionHours: ours(
    `168`,
    "Hours that an ended run stays in Redis before it goes to a file: 0 to 87600; 0: until somebody looks.",
  ),
  logLevel: example(
    `"warn"`,
    "trace, debug, info, warn, error, fatal or silent, on stderr. Default: warn in commands, info in workers.",
  ),
  approvalHours: operators(
    ours(`24`, "Hours that a question waits for its answer: above 0, at most 8760. After that it counts as a no."),
  ),
  memory: operators(
    ours(
      `"workspace"`,
      `What agents keep: "workspace" for later runs too, "run" for their run only, "off" nothing. docs/memory.md.`,
    ),
  ),
  memoryDays: operators(ours(`90`, "Days that something is kept for later runs: 1 to 3650.")),
  fallback: operators(
    ours(`"allow"`, `"forbid": a call that another model answered than the one that was asked fails its task.`),
  ),
  compaction: operators(
    ours(
      `{ atTokens: 120000, everyTurns: 40, keepTurns: 6, with: "auto" }`,
      "When the conversation of an agent is made shorter: past atTokens, or after everyTurns answers (0: not by that); the",
      `last keepTurns turns stay. with: "auto", "server", "own", "rule" or "off". docs/compaction.md.`,
    ),
  ),
  sandbox: operators(
    ours(
      `{ unconfined: false, network: false, install: "auto" }`,
      "How commands of agents are confined. unconfined: they have all rights of the worker. network: they may reach",
      `it. bin: the bwrap program. install: "never": where there is no sandbox, none is fetched.`,
    ),
  ),
  web: operators(
    ours(
      `{ privateHosts: [] }`,
      "Hosts, `host` or `host:port`, that WebFetch may reach although they are private; at most 100.",
    ),
  ),
  trust: operators(
    ours(
      `{ hosts: [], plugins: [], repository: true }`,
      "Whose words do not narrow the agents that read them: hosts (`host`, `*.example.com`), plugin servers or tools;",
      "at most 100 each. repository: false where the workspace's own files are a stranger's. docs/permissions.md.",
    ),
  ),
  prices: operators(
    ours(
      `[]`,
      "What tokens cost, in US dollars a million: { model, input, output, write5m, write1h, read }, and where it",
      "matters effectiveFrom (a date) and promptTokensMax. A model that is named here has no other prices. docs/cost.md.",
    ),
  ),
  cacheDiagnostics: operators(
    example(
      `true`,
      "Whether the model's server is asked why it could not read its cache. Default: the official one is, others are",
      "not.",
    ),
  ),
  skillFolders: operators(ours(`[]`, "Folders of skills that need no approval; at most 32.")),
  agentFolders: operators(ours(`[]`, "Folders of agent files that need no approval; at most 32.")),
  prompts: operators(
    example(
      `"swarm.prompts"`,
      "Folder with prompts of yours (plan.md, replan.md, synthesis.md, resolve.md) in place of those that came with",
      "statehive, from the folder of this file. docs/planning.md.",
    ),
  ),
  mcpVariables: operators(
    ours(`[]`, "Names of environment variables that plugin servers of repositories may be given; at most 100."),
  ),
};
