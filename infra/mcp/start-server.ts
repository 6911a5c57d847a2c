/** Starts one plugin server as it was approved, and only so: its program and its settings are looked at anew each time. */
import { SwarmError } from "../errors.ts";
import { newNonce } from "../ids.ts";
import type { Log } from "../log.ts";
import type { Connection } from "./connection.ts";
import { meter } from "./meter.ts";
import { obeysItsFolder } from "./program.ts";
import { readableFor } from "./readable.ts";
import type { ConfiguredStart } from "./server-entry.ts";
import { type ProcessOrder, type ProcessSetting, startProcess } from "./server-process.ts";
import { isFetched, type ServerStarting, startOf, UNFETCHED } from "./server-start.ts";
import { filled } from "./variables.ts";

/** A server as a run latched it. */
export interface ServerSpec {
  readonly server: string;
  readonly origin: "operator" | "workspace";
  readonly scope: string;
  /** Where programs without an absolute path are found from. */
  readonly home: string;
  readonly start: ConfiguredStart;
  /** Of the start that was approved. */
  readonly startHash: string;
}

/** What of this machine it may see. */
export interface ServerPlace {
  readonly workspace: string;
  readonly beside: readonly string[];
}

export interface Running {
  readonly connection: Connection & {
    /** A process of its namespaces; null where it has none of its own. */
    inside(): number | null;
  };
  end(): Promise<void>;
}

export interface StartSetting extends ProcessSetting {
  readonly searchPath: string;
  readonly variableOf: (name: string) => string | undefined;
  /** Those that servers of workspaces may be given. */
  readonly variables: readonly string[];
  readonly log: Log;
  /** From the start until it answers, in milliseconds. */
  readonly startMs?: number;
}

const START_MS = 30_000;
/** Of what it wrote on standard error, as far as it is repeated. */
const WORDS_CHARS = 500;

/** @throws SwarmError `plugin.start_changed`, `plugin.variable`, `plugin.no_start`, `sandbox.none`. */
export async function startServer(spec: ServerSpec, place: ServerPlace, options: StartSetting): Promise<Running> {
  const starting = startOf(spec, options.searchPath);
  if (starting.hash !== spec.startHash) {
    const text = starting.text.replace(/\s+/g, " ").slice(0, 1_000);
    throw new SwarmError(
      "plugin.start_changed",
      `server ${spec.server} would be started otherwise than was approved; it is not started. It would be: ${text}`,
      { hint: "`swarm tools check` shows the difference; a run that is made after the approval uses it." },
    );
  }
  const fill = (one: string): string => filled(one, (name) => variableFor(spec, place, options, name));
  const { start } = spec;
  return start.kind === "http"
    ? overHttp(spec, { url: fill(start.url), headers: filledRecord(start.headers, fill) }, options)
    : overPipes(spec, processOrder(spec, start, place, starting, fill), options).catch((cause: unknown) => {
        if (!(cause instanceof SwarmError) || starting.found === null || !isFetched(start, starting.found)) throw cause;
        throw new SwarmError(cause.code, cause.message, {
          cause,
          retry: cause.retry,
          hint: `Most likely ${UNFETCHED}.`,
        });
      });
}

async function overHttp(
  { server }: ServerSpec,
  reached: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  { startMs = START_MS }: StartSetting,
): Promise<Running> {
  const [{ connect }, { httpTransport }] = await Promise.all([
    import("./connection.ts"),
    import("./http-transport.ts"),
  ]);
  const limits = meter();
  const transport = (broke: (why: string) => void) => httpTransport(reached, limits, broke);
  const connection = await connect({ server, startMs, words: () => "", transport });
  return { connection: { ...connection, inside: () => null }, end: async () => connection.close() };
}

async function overPipes({ server }: ServerSpec, order: ProcessOrder, options: StartSetting): Promise<Running> {
  const [{ connect, strangersWords }, { stdioTransport }] = await Promise.all([
    import("./connection.ts"),
    import("./stdio-transport.ts"),
  ]);
  const started = startProcess(order, options);
  const words = (): string => {
    const said = started.said().trim().slice(-WORDS_CHARS);
    return said === "" ? "" : ` (it wrote: ${strangersWords(said, WORDS_CHARS)})`;
  };
  const end = async (): Promise<void> => {
    const moved = await started.kill();
    if (moved.length > 0)
      options.log.warn({ server, moved }, "protected files that a plugin server made were set aside");
  };
  const limits = meter();
  const transport = (broke: (why: string) => void) =>
    stdioTransport(started, limits, (why) => {
      broke(why);
      end().catch((cause: unknown) => options.log.error({ err: cause, server }, "a plugin server does not end"));
    });
  try {
    const connection = await connect({ server, startMs: options.startMs ?? START_MS, words, transport });
    return {
      connection: { ...connection, inside: started.inside },
      async end() {
        connection.close();
        await end();
      },
    };
  } catch (cause) {
    await end();
    throw cause;
  }
}

/** What was pinned is what runs, by its whole path, whatever folder it is started in. */
function processOrder(
  { server: id, origin }: ServerSpec,
  { command, args, env, network }: Extract<ConfiguredStart, { kind: "stdio" }>,
  { workspace, beside }: ServerPlace,
  { found }: ServerStarting,
  fill: (text: string) => string,
): ProcessOrder {
  const at = found?.at ?? null;
  const file = found?.program.file;
  const pinned = (index: number, written: string): string =>
    at === index && file !== undefined ? file : fill(written);
  return {
    id,
    command: pinned(-1, command),
    args: args.map((one, index) => pinned(index, one)),
    env: filledRecord(env, fill),
    network,
    cwd: workspace,
    // Whoever wrote the workspace would choose what runs, with the operator's variables and in the operator's name.
    apart: origin === "operator" && obeysItsFolder({ command, args }),
    writable: beside,
    readable: file === undefined ? [] : readableFor(file),
    asideName: `plugin-${encodeURIComponent(id)}-${newNonce()}`,
  };
}

const filledRecord = (
  record: Readonly<Record<string, string>>,
  fill: (text: string) => string,
): Record<string, string> => Object.fromEntries(Object.entries(record).map(([name, text]) => [name, fill(text)]));

function variableFor(
  { origin }: ServerSpec,
  { workspace }: ServerPlace,
  { variableOf, variables }: StartSetting,
  name: string,
): string | undefined {
  if (name === "CLAUDE_PROJECT_DIR") return workspace;
  return origin === "operator" || variables.includes(name) ? variableOf(name) : undefined;
}
