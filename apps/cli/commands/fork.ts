/** `swarm fork <id> --at N`: a new run that goes on from a moment of another one. Files stay as they are now. */
import { knownPrice, LOCAL_BINDING } from "../../../actors/runtime/bindings.ts";
import { forkOf } from "../../../actors/runtime/fork.ts";
import type { ForkChanges, ForkMessage } from "../../../actors/runtime/fork-changes.ts";
import { runRowFrom } from "../../../actors/runtime/run-row.ts";
import { agentTypeNamed, machines } from "../../../actors/types/index.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { newRunId } from "../../../infra/ids.ts";
import { createFork } from "../../../infra/redis/fork-run.ts";
import { isTakenAway } from "../../../registry/permission/denied-tools.ts";
import { budgetOf } from "../budget-flags.ts";
import { wholeNumber } from "../flags.ts";
import { type Hive, openHive } from "../hive.ts";
import { latchedCapabilities } from "../latched-capabilities.ts";
import { printJson } from "../print.ts";
import { say } from "../say.ts";
import { modelChoice } from "../start-run.ts";
import { leaveToWorker, watchRun } from "./run.ts";

/** Characters of a message, at most; more belongs into a file the agent reads. */
const MESSAGE_MAX = 32_000;

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const at = wholeNumber(flags.at, "--at", { min: 0, max: Number.MAX_SAFE_INTEGER });
  if (at === undefined) {
    throw new SwarmError("usage.at", "`swarm fork` needs --at: the event of the run to go on from", {
      exit: 2,
      hint: `\`swarm logs ${id}\` numbers them.`,
    });
  }
  const message = messageOf(flags);
  const turnsMax = wholeNumber(flags.maxTurns, "--max-turns", { min: 1, max: 1_000 });
  const hive = await openHive();
  try {
    const source = await hive.reader.resolve(id);
    const changes: ForkChanges = {
      ...(await modelAndMoney(hive, source, flags)),
      deniedTools: await deniedToolsOf(hive, source, flags.denyTool as readonly string[]),
      ...(turnsMax === undefined ? {} : { turnsMax }),
      ...(message === undefined ? {} : { message }),
    };
    const run = newRunId();
    const fork = await forkOf(hive.reader, machines, { source, run, at, changes });
    await createFork(hive.redis, hive.keys, fork.written);
    const different = fork.changes.length === 0 ? "nothing is different" : fork.changes.join(", ");
    say(`${run} goes on from event ${fork.sourceSeq} of ${source}: ${different}; files stay as they are now`);
    if (flags.detach !== true) return await watchFork(hive, run, fork.binding, flags);
    const forkedFrom = { run: source, seq: fork.sourceSeq };
    if (flags.json === true || flags.jsonl === true) printJson({ v: 1, runId: run, forkedFrom });
    else process.stdout.write(`${run}\n`);
    return await leaveToWorker(hive, fork.binding);
  } finally {
    hive.close();
  }
}

/** An evaluation prints what evaluations print: `resume` knows how. */
async function watchFork(hive: Hive, run: string, binding: string, flags: Record<string, unknown>): Promise<number> {
  const kind = (await hive.reader.run(run))?.fields.kind;
  if (kind !== "evaluate") return await watchRun(hive, run, binding, flags);
  const resume = await import("./resume.ts");
  return await resume.act([run], flags);
}

function messageOf({ message, edit, actor }: Record<string, unknown>): ForkMessage | undefined {
  if (message !== undefined && edit !== undefined) {
    throw new SwarmError("usage.message", "--message and --edit: one of them", {
      exit: 2,
      hint: "--message adds to what the agent was told, --edit replaces the last of it.",
    });
  }
  const text = (message ?? edit) as string | undefined;
  if (text === undefined) {
    if (actor === undefined) return undefined;
    throw new SwarmError("usage.actor", "--actor says whom a message is for, and there is none", {
      exit: 2,
      hint: "Give --message or --edit too.",
    });
  }
  if (text.trim() === "" || text.length > MESSAGE_MAX) {
    throw new SwarmError(
      "usage.message",
      `the message has ${text.trim().length} characters; it takes 1 to ${MESSAGE_MAX}`,
      {
        exit: 2,
        hint: "Say it in a few sentences.",
      },
    );
  }
  return { text, edit: edit !== undefined, ...(actor === undefined ? {} : { actor: String(actor) }) };
}

/** Without --model the fork asks whom its source asks. A limit in US dollars is kept or refused, never forgotten. */
async function modelAndMoney(
  hive: Hive,
  source: string,
  flags: Record<string, unknown>,
): Promise<Pick<ForkChanges, "model" | "tokensMax" | "usdMax">> {
  const { config, reader } = hive;
  const fields = (await reader.run(source))?.fields ?? {};
  const given = flags.model as string | undefined;
  const choice = given === undefined ? null : modelChoice(config, given);
  if (given !== undefined && choice === null) {
    throw new SwarmError(
      "credentials.none",
      "--model needs a model access, and there is neither a key nor a base URL",
      {
        exit: 4,
        hint: "Set ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL, or leave --model out: the fork then asks whom its source asked.",
      },
    );
  }
  const asked = choice ?? { binding: fields.binding ?? "", model: fields.model ?? "" };
  const money = budgetOf(flags, config, asked);
  const inherited =
    choice !== null && money.usdMax === undefined && (await reader.budget(source)).nanoMax !== undefined;
  if (inherited && asked.binding !== LOCAL_BINDING && knownPrice(config, asked.model) === null) {
    const message = `the source's limit in US dollars cannot be kept: the price of ${asked.model} is not known here`;
    throw new SwarmError("usage.unknown_price", message, { exit: 2, hint: "Fork to a model whose price is known." });
  }
  return { ...(choice === null ? {} : { model: choice }), ...money };
}

async function deniedToolsOf(hive: Hive, source: string, names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return names;
  const types = (await hive.reader.actors(source)).map(({ type }) => agentTypeNamed(type));
  const tools = new Set(types.flatMap((type) => type?.tools ?? []).filter((name) => name !== "Report"));
  const row = await hive.reader.run(source);
  const drawn = row === null ? [] : (await latchedCapabilities(hive.reader, source, runRowFrom(row.fields).config)).all;
  const isOfPlugin = (name: string): boolean =>
    drawn.some((tool) => tool.tier === "plugin" && isTakenAway([name], tool.name));
  const strangers = names.filter((name) => !tools.has(name) && !isOfPlugin(name));
  if (strangers.length === 0) return names;
  throw new SwarmError(
    "usage.deny_tool",
    `--deny-tool ${strangers.join(", ")}: no agent of this run has it to take away`,
    {
      exit: 2,
      hint: `They have: ${[...tools].sort().join(", ")}. Report cannot be taken away: it is how a task ends.`,
    },
  );
}
