/**
 * `swarm doctor --guardrails`: do the promises of the harness hold under this configuration, with its rules and agents?
 * Everything is judged by the code that judges runs; no call is made, no model asked, and no Redis needed.
 */
import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { Guarded, GuardedAgent, Verdict } from "../../../actors/guardrails/law.ts";
import { LAWS, lookedAt } from "../../../actors/guardrails/laws.ts";
import type { RunCapabilities } from "../../../actors/runtime/capabilities.ts";
import { agentTypeNamed, agentTypes } from "../../../actors/types/index.ts";
import { profileType } from "../../../actors/types/profile-type.ts";
import { type Config, readConfig } from "../../../infra/config.ts";
import { openHostState } from "../../../infra/journal/host-state.ts";
import { PERMISSION_LISTS, permissionsOf } from "../permission-lists.ts";
import { printJson } from "../print.ts";
import { openOwnSandbox, secludedFolders } from "../sandbox.ts";
import { registryAt } from "../tools/registry-at.ts";
import { linesOf } from "./lines.ts";

/** Exit 3 where a law fails. Throws SwarmError `config.*`, exit 2, where there is no configuration to look at. */
export async function checkGuardrails(flags: Record<string, unknown>): Promise<number> {
  const config = await readConfig();
  const workspace = realpathSync(".");
  const { capabilities, left } = await registryAt(config, workspace, []);
  const guarded = await guardedBy(config, workspace, capabilities);
  const verdicts = LAWS.map((law) => lookedAt(law, guarded));
  // What nobody approved is in no run, and was looked at by no law.
  const without = left.map(({ name, reason }) => ({ name, reason }));
  if (flags.json === true) printJson({ v: 1, guardrails: verdicts.map(documentOf), left: without });
  else process.stdout.write(`${linesOf(verdicts, without).join("\n")}\n`);
  return verdicts.some(({ state }) => state === "fails") ? 3 : 0;
}

const documentOf = ({ law, state, reason, findings }: Verdict): object => ({ law, state, reason, findings });

async function guardedBy(config: Config, workspace: string, capabilities: RunCapabilities): Promise<Guarded> {
  const state = await openHostState(config.stateDirs);
  const { level, confinement, reasons } = await openOwnSandbox(config, state);
  const { notices: _, ...rules } = permissionsOf(config, workspace);
  const { HOME } = config.commandEnv;
  return {
    agents: agentsOf(capabilities),
    capabilities,
    plugins: capabilities.document.plugins,
    rules,
    whereIs: placesOf(config, workspace),
    examples: await examplesOf(capabilities),
    workspace,
    home: HOME === undefined ? null : realOf(HOME),
    ownDirs: secludedFolders(config, state).map((folder) => resolve(folder)),
    sandbox: { level, off: confinement === "off", reasons },
    trust: config.trust,
    leaked: leakedIn(config),
  };
}

const realOf = (path: string): string | null => {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
};

function agentsOf({ document }: RunCapabilities): GuardedAgent[] {
  const builtIn = agentTypes.map((type): GuardedAgent => ({ type, base: null, source: null }));
  const profiles = document.profiles.flatMap((profile): GuardedAgent[] => {
    const base = agentTypeNamed(profile.base);
    return base === undefined ? [] : [{ type: profileType(base, profile), base, source: profile.source }];
  });
  return [...builtIn, ...profiles];
}

/** From the text that a run latches back to file, line and column. */
function placesOf(config: Config, workspace: string): (rule: string) => string | null {
  const places = new Map<string, string>();
  for (const list of PERMISSION_LISTS) {
    for (const rule of config.permissions[list]) {
      const alone = { allow: [], ask: [], deny: [], notices: [], [list]: [rule] };
      const [text] = permissionsOf({ permissions: alone }, workspace)[list];
      if (text !== undefined) places.set(text, `${rule.from}:${rule.at}`);
    }
  }
  return (rule) => places.get(rule) ?? null;
}

async function examplesOf({ all }: RunCapabilities): Promise<Map<string, unknown>> {
  const first = await Promise.all(
    all.map(async ({ name, loadExamples }) => [name, (await loadExamples?.())?.[0]?.input] as const),
  );
  return new Map(first);
}

/** Commands get a copy of a few variables. No copy of a key may be among them, whatever its name. */
function leakedIn({ commandEnv, apiKey, authToken }: Config): string[] {
  const secrets = [apiKey, authToken].filter((one) => one !== undefined && one !== "");
  return Object.entries(commandEnv).flatMap(([name, value]) => {
    const isNamedSo = name === "ANTHROPIC_API_KEY" || name === "ANTHROPIC_AUTH_TOKEN";
    return isNamedSo || secrets.some((secret) => value?.includes(secret as string)) ? [name] : [];
  });
}
