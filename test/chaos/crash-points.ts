/**
 * The moments of the reference run at which its worker is killed, and how: at a commit by its wire, at a model call by
 * the model's server, at an effect by the command itself. The product knows nothing of it.
 */

import { isAlive } from "../../infra/redis/process-identity.ts";
import { eventually } from "../support/swarm-cli.ts";
import type { Arena, WorkerProcess } from "./arena.ts";
import { ACTING, type Play, type PlayOptions, playOf } from "./reference-run.ts";

export type CrashPoint =
  | { readonly at: "commit"; readonly nth: number; readonly when: "before it is sent" | "before its reply" }
  | {
      readonly at: "model";
      readonly turn: number;
      readonly when: "before it answers" | "mid-stream" | "after its last byte";
    }
  | {
      readonly at: "command";
      readonly index: number;
      readonly when: "before its line" | "after its line";
      readonly who: "the worker" | "worker and recorder";
    };

export const nameOf = (point: CrashPoint): string => {
  if (point.at === "commit") return `commit ${point.nth}, ${point.when}`;
  if (point.at === "model") return `model call of turn ${point.turn}, ${point.when}`;
  return `command ${point.index + 1}, ${point.when}, ${point.who}`;
};

/** Every point of a run with so many commits; `turns` model calls. */
export function allPoints(commits: number, turns: number): CrashPoint[] {
  const points: CrashPoint[] = [];
  for (let nth = 1; nth <= commits; nth += 1) {
    for (const when of ["before it is sent", "before its reply"] as const) points.push({ at: "commit", nth, when });
  }
  for (let turn = 0; turn < turns; turn += 1) {
    for (const when of ["before it answers", "mid-stream", "after its last byte"] as const)
      points.push({ at: "model", turn, when });
  }
  if (!ACTING) return points;
  for (const index of [0, 1]) {
    for (const when of ["before its line", "after its line"] as const) {
      for (const who of ["the worker", "worker and recorder"] as const)
        points.push({ at: "command", index, when, who });
    }
  }
  return points;
}

export interface Struck {
  readonly play: Play;
  readonly run: string;
  /** False where the run ended without ever coming to this point. */
  readonly hit: boolean;
}

/**
 * Plays the run in an arena where nobody else plays, up to the point, kills, and lets another worker finish. That one is
 * the next point's victim.
 */
export async function strikeAt(arena: Arena, point: CrashPoint, key: string): Promise<Struck> {
  const worker = arena.living().at(-1) ?? (await arena.startWorker());
  const play = playOf(key, killingBy(worker, point));
  const reached = arm(arena, worker, point);
  const run = await arena.begin(play);
  if (run === null) throw new Error("the run could not be begun");
  const over = async (): Promise<boolean> => (await arena.reader.run(run))?.fields.status !== "running";
  const dead = (): boolean => !isAlive(worker.identity);
  // At the point the kill is certain, also where the run has ended meanwhile.
  const ended = async (): Promise<boolean> => (await over()) && !reached();
  await eventually("the worker is killed, or the run ends without it", async () => dead() || (await ended()));
  const hit = dead();
  if (hit) {
    worker.killed = true;
    await arena.startWorker();
  }
  return { play, run, hit };
}

/** Answers whether the point was reached. */
function arm(arena: Arena, worker: WorkerProcess, point: CrashPoint): () => boolean {
  if (point.at === "commit") return atCommit(worker, point);
  if (point.at === "model") return atModel(arena, worker, point);
  return () => false;
}

function atCommit({ wire, kill }: WorkerProcess, { nth, when }: CrashPoint & { at: "commit" }): () => boolean {
  let seen = 0;
  let aim = -1;
  wire.decide = (command) => {
    if (command.script !== "commit") return "pass";
    seen += 1;
    if (seen !== nth) return "pass";
    aim = command.number;
    if (when === "before its reply") return "pass";
    kill();
    return "cut";
  };
  wire.answered = (command) => {
    if (command.number === aim) kill();
  };
  return () => aim >= 0;
}

function atModel(arena: Arena, { kill }: WorkerProcess, point: CrashPoint & { at: "model" }): () => boolean {
  let reached = false;
  arena.meddler = ({ turn, nth }, answer) => {
    if (turn !== point.turn || nth !== 1) return null;
    reached = true;
    switch (point.when) {
      case "before it answers":
        kill();
        return null;
      case "mid-stream":
        // The stream stays silent until its client is gone, so the kill meets it open whenever it comes.
        setTimeout(kill, 50);
        return { ...answer, fault: { kind: "silence", afterEvents: 3 } };
      case "after its last byte":
        arena.double.served.at(-1)?.end.then(kill, kill);
        return null;
    }
  };
  return () => reached;
}

function killingBy({ identity }: WorkerProcess, point: CrashPoint): PlayOptions {
  if (point.at !== "command") return {};
  // Long dead, its number may be somebody else's by now.
  const itself = `ps -o args= -p ${identity.pid} | grep -q main.js && kill -9 ${identity.pid}`;
  const deed = point.who === "the worker" ? itself : `${itself}; kill -9 $PPID`;
  const around = point.when === "before its line" ? { before: deed } : { after: deed };
  return { afterMs: 50, around: (index) => (index === point.index ? around : {}) };
}

/** Commits of an undisturbed run, as its wire counts them. */
export async function commitsOf(arena: Arena, key: string): Promise<{ commits: number; play: Play; run: string }> {
  const worker = await arena.startWorker();
  const play = playOf(key);
  const run = await arena.begin(play);
  if (run === null) throw new Error("the run could not be begun");
  await eventually("the undisturbed run ends", async () => (await arena.reader.run(run))?.fields.status !== "running");
  return { commits: worker.wire.received("commit"), play, run };
}
