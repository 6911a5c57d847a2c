/**
 * How a call of a plugin's tool reaches its server: the server as it was approved, the tool as it was approved, and then
 * the call. Whatever a server does wrong is an answer; only what we do wrong is thrown.
 */
import { SwarmError } from "../../infra/errors.ts";
import type { Servers, Using } from "../../infra/mcp/servers.ts";
import type { ServerPlace } from "../../infra/mcp/start-server.ts";
import type { PluginAnswer, PluginDoor } from "../../registry/box.ts";
import type { Plugin, PluginTool } from "../../registry/capabilities.ts";
import { pluginAnswer } from "../../registry/plugins/answer-text.ts";
import { type CheckedList, checkedList, pluginToolName, refusedDefinition } from "../../registry/plugins/definition.ts";
import { networkOf, reachedBetween } from "./drift/reach.ts";
import type { PluginFindings } from "./pin-book.ts";

export interface PluginCall {
  readonly plugin: Plugin;
  readonly tool: PluginTool;
  readonly input: unknown;
  readonly place: ServerPlace;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** `answered`: false where its server gave no answer, and nobody knows what it did. */
export type HandedAnswer = PluginAnswer & { readonly answered: boolean };

/** `begin` is the last thing before the server is asked; what it throws comes out, and nothing is asked. */
export type PluginHands = (call: PluginCall, begin: () => Promise<void>) => Promise<HandedAnswer>;

export interface PluginHandsDeps {
  readonly servers: Servers;
  /** Told of every tool that is not the one that was approved. */
  readonly findings: PluginFindings;
}

/** Tools of one server that are told of at once, at most. */
const TOLD_MAX = 50;

export function pluginHands({ servers, findings }: PluginHandsDeps): PluginHands {
  /** Of each plugin document, what of its server's list was compared last: a list is compared once. */
  const compared = new WeakMap<Plugin, { readonly raws: unknown; readonly changed: ReadonlySet<string> }>();

  const watch = reachWatch();

  const changedOf = async (plugin: Plugin, server: Using): Promise<ReadonlySet<string>> => {
    const { raws } = await server.tools();
    const known = compared.get(plugin);
    if (known?.raws === raws) return known.changed;
    const changed = changes(plugin, checkedList(plugin.server, raws));
    for (const [name, found] of [...changed].slice(0, TOLD_MAX)) {
      await findings.found(plugin.scope, pluginToolName(plugin.server, name), found);
    }
    compared.set(plugin, { raws, changed: new Set(changed.keys()) });
    return new Set(changed.keys());
  };

  return async ({ plugin, tool, input, place, signal, timeoutMs }, begin) => {
    // What stops us, and not the server.
    let ours: { readonly cause: unknown } | null = null;
    try {
      return await servers.use(plugin, place, async (server) => {
        signal.throwIfAborted();
        if ((await changedOf(plugin, server)).has(tool.name)) return { ...changedAnswer(plugin, tool), answered: true };
        try {
          await begin();
        } catch (cause) {
          ours = { cause };
          throw cause;
        }
        const { value: raw, reached } = await watch(plugin, tool, server, () =>
          server.call(tool.name, input, { signal, timeoutMs }),
        );
        const answer = pluginAnswer({ server: plugin.server, outputSchema: tool.outputSchema }, raw);
        if (reached.length === 0) return { ...answer, answered: true };
        const reason = `declared read-only and without network, and while it ran its server tried to reach out: ${reached.join(", ")}`;
        await findings.misbehaved(plugin.scope, pluginToolName(plugin.server, tool.name), reason);
        return { ...answer, text: `${answer.text}\n[quarantined: ${reason}]`, answered: true };
      });
    } catch (cause) {
      if (ours !== null) throw (ours as { readonly cause: unknown }).cause;
      signal.throwIfAborted();
      if (!(cause instanceof SwarmError)) throw cause;
      return { ok: false, text: toldOf(cause), answered: false };
    }
  };
}

/** What may have stayed between processes of the server's own. */
const WITHIN: ReadonlySet<string> = new Set(["a connection", "something on its own machine"]);

/** One call at a server whose network is its own. Beside another call at it nobody could tell which of them reached out. */
function reachWatch() {
  const atWork = new Map<number, { begun: number; out: number }>();
  return async <Value>(
    { start }: Plugin,
    { risk }: PluginTool,
    server: Using,
    act: () => Promise<Value>,
  ): Promise<{ value: Value; reached: readonly string[] }> => {
    const pid = start.kind === "stdio" && !start.network ? server.inside() : null;
    if (pid === null) return { value: await act(), reached: [] };
    const work = atWork.get(pid) ?? { begun: 0, out: 0 };
    atWork.set(pid, work);
    work.begun += 1;
    work.out += 1;
    const mark = work.out === 1 ? work.begun : null;
    try {
      const before = risk === "read-only" ? await networkOf(pid) : null;
      const value = await act();
      const after = before === null ? null : await networkOf(pid);
      const alone = mark === work.begun;
      const reached = before === null || after === null || !alone ? [] : reachedBetween(before, after);
      return { value, reached: reached.some((what) => !WITHIN.has(what)) ? reached : [] };
    } finally {
      work.out -= 1;
      if (work.out === 0) atWork.delete(pid);
    }
  };
}

/** For tools that may be asked again without harm: nothing stands before them. */
export const pluginDoor =
  (hands: PluginHands, place: ServerPlace): PluginDoor =>
  async (plugin, tool, input, options) => {
    const { answered: _, ...answer } = await hands({ plugin, tool, input, place, ...options }, async () => {});
    return answer;
  };

/** Of the tools that were approved, those that are not so any more: what is in their place, or null. */
function changes(
  plugin: Plugin,
  list: CheckedList,
): Map<string, { readonly hash: string; readonly text: string } | null> {
  const now = new Map(list.tools.map((one) => [one.definition.name, one]));
  const found = new Map<string, { readonly hash: string; readonly text: string } | null>();
  for (const { name, hash } of plugin.tools) {
    const live = now.get(name);
    if (live?.hash === hash) continue;
    const problem = list.problems.find(({ tool }) => tool === JSON.stringify(name) || tool === "all of its tools");
    found.set(name, live ?? (problem === undefined ? null : refusedDefinition(problem)));
  }
  return found;
}

function changedAnswer({ server }: Plugin, { name }: PluginTool): PluginAnswer {
  const text = `${pluginToolName(server, name)} is not the tool that was approved: its server defines it otherwise now, or no longer. It was not called, and is quarantined until a person approves what it is now (swarm tools check).`;
  return { ok: false, text };
}

/** What is said of it to an agent, or to a person. */
export const toldOf = ({ message, hint }: SwarmError): string => {
  const said = /[.!?)]$/.test(message) ? message : `${message}.`;
  return hint === undefined ? said : `${said} ${hint}`;
};
