/** `swarm why <id>`: why a run, or one of its agents, does not move, and the command that unblocks it. */
import { type Cause, causesOf } from "../../../actors/runtime/why.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { whyFacts } from "../../orders/why-facts.ts";
import { type Hive, openHive } from "../hive.ts";
import { harmless, printJson } from "../print.ts";

/** Candidates that are named where an id fits several. */
const NAMED_MAX = 5;

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const hive = await openHive();
  try {
    const { run, agent } = await meant(hive, id);
    const causes = causesOf(await whyFacts(hive, run), agent);
    if (flags.json === true) printJson({ v: 1, runId: run, agent, causes });
    else process.stdout.write(`${lines(run, agent, causes).join("\n")}\n`);
    return 0;
  } finally {
    hive.close();
  }
}

/** `r_…`, `a_…`, the beginning of one, `@last`, or `RUN/AGENT` where an agent of that name is in several runs. */
async function meant(hive: Hive, id: string): Promise<{ readonly run: string; readonly agent: string | null }> {
  const [ofRun = "", ofAgent] = id.split("/");
  if (ofAgent !== undefined) {
    const run = await hive.reader.resolve(ofRun);
    return (await only(hive, ofAgent, [{ run }])) ?? Promise.reject(unknownAgent(id, []));
  }
  const isAgent = /^a_?/.test(id) && !id.startsWith("@");
  if (!isAgent) return { run: await hive.reader.resolve(id), agent: null };
  const runs = await hive.reader.runs();
  const living = runs.filter(({ fields }) => fields.status === "running");
  return (await only(hive, id, living)) ?? (await only(hive, id, runs)) ?? Promise.reject(unknownAgent(id, []));
}

async function only(hive: Hive, id: string, runs: readonly { readonly run: string }[]) {
  const found = await Promise.all(
    runs.map(async ({ run }) => (await hive.redis.hkeys(hive.keys.run(run).actors)).map((agent) => ({ run, agent }))),
  );
  const fitting = found.flat().filter(({ agent }) => agent.startsWith(id));
  const exact = fitting.filter(({ agent }) => agent === id);
  const [one, ...others] = exact.length > 0 ? exact : fitting;
  if (one === undefined) return null;
  if (others.length > 0)
    throw unknownAgent(
      id,
      [one, ...others].map(({ run, agent }) => `${run}/${agent}`),
    );
  return one;
}

function unknownAgent(id: string, fitting: readonly string[]): SwarmError {
  const named = fitting.slice(0, NAMED_MAX).join(", ");
  return new SwarmError(
    "why.unknown",
    fitting.length === 0 ? `no agent has the id "${id}"` : `"${id}" fits ${fitting.length} agents: ${named}`,
    { exit: 2, hint: "`swarm show <run>` lists the agents of a run; RUN/AGENT names one of several of a name." },
  );
}

function lines(run: string, agent: string | null, causes: readonly Cause[]): string[] {
  const head = `${agent === null ? `run ${run}` : `${agent} of run ${run}`}:`;
  if (causes.length === 0) return [`${head} nothing holds it up`];
  const told = causes.flatMap(({ kind, text, since, command, facts }, at) => [
    `${String(at + 1).padStart(3)}. ${kind}: ${harmless(text)}`,
    ...(since === null && facts.length === 0 ? [] : [`     ${factWords(since, facts)}`]),
    ...(command === null ? [] : [`     $ ${harmless(command)}`]),
  ]);
  return [head, ...told];
}

const factWords = (since: string | null, facts: readonly string[]): string =>
  harmless(
    [...(since === null ? [] : [`since ${since}`]), ...(facts.length === 0 ? [] : [`from ${facts.join(", ")}`])].join(
      ", ",
    ),
  );
