/** What a check sees of plugin servers and of their tools: a server is started only once its start was approved. */
import type { Logger } from "pino";
import type { Candidate, Survey, Surveyed } from "../../../actors/runtime/drift/survey.ts";
import { toldOf } from "../../../actors/runtime/plugin-hands.ts";
import type { Sandbox } from "../../../infra/bwrap/sandbox.ts";
import type { Config } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import type { ConfiguredServer } from "../../../infra/mcp/server-entry.ts";
import { configuredServers, type ServerProblem } from "../../../infra/mcp/server-settings.ts";
import { startOf } from "../../../infra/mcp/server-start.ts";
import type { Servers } from "../../../infra/mcp/servers.ts";
import type { PinName } from "../../../infra/pins.ts";
import {
  type CheckedList,
  checkedList,
  type DefinitionProblem,
  pluginToolName,
  refusedDefinition,
} from "../../../registry/plugins/definition.ts";
import { type KnownTool, warningsOf } from "../../../registry/plugins/suspicion.ts";
import { tools as builtIn } from "../../../registry/tools/index.ts";
import { openPluginServers } from "../plugin-servers.ts";

export interface PluginSurveyOptions {
  readonly config: Config;
  /** Absolute, link-free. */
  readonly workspace: string;
  readonly confinement: Sandbox["confinement"];
  readonly log: Logger;
}

/** First of how servers are started, then of what those are that were approved. The second starts them; close it. */
export function pluginSurveys({ config, workspace, confinement, log }: PluginSurveyOptions): readonly Survey[] {
  const { servers, problems } = configuredServers(config.mcp, workspace);
  const started = servers.map((server) => ({ server, starting: startOf(server, config.searchPath) }));
  const opened = openPluginServers(config, { confinement }, log);
  const startSurvey: Survey = {
    kind: "server",
    survey: async () => ({
      candidates: started.map(({ server: { id, scope }, starting: { hash, text } }) => ({
        pin: { kind: "server", scope, name: id },
        definition: { hash, text },
        reasons: [],
      })),
      hints: [
        ...problems.map(problemLine),
        ...started.flatMap(({ server, starting }) => starting.told.map((told) => `server ${server.id}: ${told}`)),
      ],
    }),
  };
  const toolSurvey: Survey = {
    kind: "tool",
    async survey(isActive) {
      const looked: Looked[] = [];
      for (const { server, starting } of started) {
        const { id, scope } = server;
        const approved = await isActive({ kind: "server", scope, name: id }, starting.hash);
        looked.push(
          approved ? await lookedAt(opened, server, starting.hash, workspace) : { server, why: NOT_APPROVED },
        );
      }
      return toolsOf(looked, isActive);
    },
    close: () => opened.close(),
  };
  return [startSurvey, toolSurvey];
}

const NOT_APPROVED = "how it is started was not approved, so nobody has looked at its tools";

const problemLine = ({ file, server, field, value, problem, hint }: ServerProblem): string =>
  `${[file, server, field].filter((part) => part !== "").join(" ")}: ${problem}${value === "" ? "" : ` (${value})`}. ${hint}`;

type Looked =
  | { readonly server: ConfiguredServer; readonly list: CheckedList }
  | { readonly server: ConfiguredServer; readonly why: string };

async function lookedAt(
  servers: Servers,
  server: ConfiguredServer,
  startHash: string,
  workspace: string,
): Promise<Looked> {
  const { id, ...spec } = server;
  try {
    const place = { workspace, beside: [] };
    const { raws } = await servers.use({ ...spec, server: id, startHash }, place, (using) => using.tools());
    return { server, list: checkedList(id, raws) };
  } catch (cause) {
    if (!(cause instanceof SwarmError)) throw cause;
    return { server, why: toldOf(cause) };
  }
}

async function toolsOf(
  looked: readonly Looked[],
  isActive: (pin: PinName, hash: string) => Promise<boolean>,
): Promise<Surveyed> {
  const known: KnownTool[] = [
    ...builtIn.map(({ name }) => ({ name, of: "built-in" })),
    ...looked.flatMap((one) =>
      "list" in one ? one.list.tools.map(({ definition }) => ({ name: definition.name, of: one.server.id })) : [],
    ),
  ];
  const candidates: Candidate[] = [];
  const hints: string[] = [];
  for (const one of looked) {
    const { id, scope } = one.server;
    if ("why" in one) {
      hints.push(`server ${id}: ${one.why}`);
      continue;
    }
    for (const { definition, text, hash } of one.list.tools) {
      const pin: PinName = { kind: "tool", scope, name: pluginToolName(id, definition.name) };
      const others = known.filter(({ of }) => of !== id);
      // What was approved with its signs is not called changed for them.
      const reasons = (await isActive(pin, hash)) ? [] : warningsOf(definition, others);
      candidates.push({ pin, definition: { hash, text }, reasons });
    }
    for (const problem of one.list.problems) refused(id, scope, problem, candidates, hints);
  }
  const unknown = ({ scope, name }: PinName): boolean =>
    looked.some(
      (one) => "why" in one && one.server.scope === scope && name.startsWith(pluginToolName(one.server.id, "")),
    );
  return { candidates, hints, unknown };
}

/** One that has a name can have been approved before; the others are only told of. */
function refused(id: string, scope: string, found: DefinitionProblem, candidates: Candidate[], hints: string[]): void {
  const { tool, problem } = found;
  const [, name] = /^"([A-Za-z0-9_-]{1,128})"$/.exec(tool) ?? [];
  if (name === undefined) hints.push(`server ${id}, ${tool}: ${problem}`);
  else {
    const pin: PinName = { kind: "tool", scope, name: pluginToolName(id, name) };
    candidates.push({ pin, definition: refusedDefinition(found), reasons: [problem], refused: true });
  }
}
