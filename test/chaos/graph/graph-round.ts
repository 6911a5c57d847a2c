/**
 * One round of graphs: several begin, a profile breaks things, and somebody takes verified results back meanwhile, by the
 * command or by its library. Then it is calm, and every run has to come to an explicit end.
 */
import { setTimeout as pause } from "node:timers/promises";
import { revokeResult } from "../../../actors/runtime/revoke-result.ts";
import { endedRevocations } from "../../../infra/redis/ended-revocations.ts";
import { redisStore } from "../../../infra/redis/store.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import { type Random, randomFrom } from "../../simulation/random.ts";
import { documentOf, eventually } from "../../support/swarm-cli.ts";
import type { Arena } from "../arena.ts";
import { disturbed } from "../profiles/profile.ts";
import { type RoundOptions, type RoundResult, staff } from "../round.ts";
import { orphansOf, orphanWords, workerViolations } from "../run-facts.ts";
import { type Judged, NEVER_MS, queueViolations, TIDY_MS, unlessNever } from "../settle.ts";
import { gitFactsOf, graphFactsOf } from "./graph-facts.ts";
import { graphViolations } from "./graph-oracle.ts";
import { type GraphPlay, graphDirector, graphPlay } from "./graph-play.ts";

/** Of a graph, where nobody says how many. */
const TASKS = 6;

export async function playGraphRound(arena: Arena, options: RoundOptions): Promise<RoundResult> {
  const { profile, seed, name, faultsMs } = options;
  const startedMs = performance.now();
  const random = randomFrom(seed);
  const plays = new Map<string, GraphPlay>();
  for (let index = 0; index < options.runs; index += 1) {
    const play = graphPlay(arena.swarm.home, `${name}g${index}`, random, options.tasks ?? TASKS);
    plays.set(play.key, play);
  }
  arena.director = graphDirector(plays, randomFrom(random.below(2 ** 31)));
  await staff(arena);
  const begun = new Map<string, GraphPlay>();
  for (const play of plays.values()) {
    const words = ["run", play.file, "--workspace", play.workspace, "--approve", "allow-safe", "--detach", "--json"];
    const finished = await arena.start(words, play.workspace).done;
    if (finished.code === 0) begun.set(documentOf<{ runId: string }>(finished).runId, play);
    else throw new Error(`a graph was refused before anything broke: ${finished.stdout}${finished.stderr}`);
  }
  const counts: Record<string, number> = {};
  const tell = (fault: string): void => {
    counts[fault] = (counts[fault] ?? 0) + 1;
  };
  let over = false;
  const revoking = revokeAtTimes(arena, [...begun.keys()], randomFrom(random.below(2 ** 31)), () => !over, tell);
  const { faults } = await disturbed(profile, arena, random, faultsMs);
  over = true;
  await staff(arena);
  await revoking;
  const runs = await Promise.all([...begun].map(([run, play]) => judgedGraph(arena, run, play)));
  await eventually("no process is left", () => orphansOf(arena).length === 0).catch(() => {});
  const violations = [
    ...runs.flatMap((run) => run.violations),
    ...orphanWords(arena),
    ...(await queueViolations(arena)),
    ...workerViolations(arena),
  ];
  const tookMs = Math.round(performance.now() - startedMs);
  return { profile: profile.name, seed, name, faults: { ...faults, ...counts }, runs, refused: 0, tookMs, violations };
}

async function revokeAtTimes(
  arena: Arena,
  runs: readonly string[],
  random: Random,
  goesOn: () => boolean,
  tell: (what: string) => void,
): Promise<void> {
  const { redis, keys, reader } = arena;
  const deps = { store: redisStore(redis, keys), reader, ended: endedRevocations(redis, keys) };
  const open = async (run: string): Promise<boolean> => (await reader.run(run))?.fields.status === "running";
  const anyOpen = async (): Promise<boolean> => (await Promise.all(runs.map(open))).includes(true);
  // However short the time is, something is taken back where anything can be.
  for (let taken = 0; goesOn() || (taken === 0 && (await anyOpen())); ) {
    await pause(random.between(200, 1_500));
    const run = random.pick(runs);
    const texts = Object.values(await reader.results(run));
    const verified = texts
      .map((text) => envelopeSchema.parse(JSON.parse(text)))
      .filter((one) => one.status === "verified");
    if (verified.length === 0 || !(await open(run))) continue;
    taken += 1;
    const { id: result } = random.pick(verified);
    if (random.chance(0.7)) {
      const { kind } = await revokeResult(deps, {
        run,
        result,
        reason: "chaos",
        by: "chaos",
        redo: random.chance(0.9),
      });
      tell(`revoked: ${kind}`);
      continue;
    }
    const command = arena.start(["revoke", `${run}/${result}`, "--yes", "--reason", "chaos", "--json"]);
    const killing = random.chance(0.5) ? pause(random.between(50, 900)).then(() => command.signal("SIGKILL")) : null;
    const { signal, code } = await command.done;
    await killing;
    tell(signal === "SIGKILL" ? "swarm revoke killed" : `swarm revoke, exit ${code}`);
  }
}

async function judgedGraph(arena: Arena, run: string, play: GraphPlay): Promise<Judged> {
  const over = async (): Promise<boolean> => (await arena.reader.run(run))?.fields.status !== "running";
  await unlessNever(eventually(`run ${run} ends`, over, NEVER_MS));
  const bare = (): boolean => {
    const { trees, names } = gitFactsOf(play.workspace, arena.swarm.home, run);
    return trees.length + names.length === 0;
  };
  await unlessNever(eventually(`run ${run} leaves no tree`, bare, TIDY_MS / 6));
  const facts = await graphFactsOf(arena, run, play);
  const count = (type: string): number => facts.events.filter((event) => event.type === type).length;
  return {
    run,
    key: play.key,
    status: facts.row.status ?? "absent",
    reasons: facts.row.reasons ?? "",
    interrupted: count("tool.interrupted"),
    reconciled: count("tool.reconciled"),
    callsFailed: count("model.failed"),
    callsLost: facts.events.filter((event) => event.type === "model.failed" && event.reason === "lost").length,
    violations: graphViolations(facts),
    told: Object.fromEntries(TOLD.map((type) => [type, count(type)])),
  };
}

/** Counted, for whoever wants to know whether a round met what it is for. */
const TOLD = ["task.joined", "task.conflicted", "workspace.rebuilt", "result.revoked", "actor.fenced", "verdict.read"];
