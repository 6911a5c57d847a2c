/** What a profile of faults is, and what all of them share: pauses that end with their time, and wires made whole again. */
import { setTimeout as pause } from "node:timers/promises";
import { signalProcess } from "../../../infra/redis/process-identity.ts";
import type { Fsync } from "../../../infra/redis/server-arguments.ts";
import type { Random } from "../../simulation/random.ts";
import type { Arena } from "../arena.ts";

export interface Disturbance {
  readonly arena: Arena;
  readonly random: Random;
  /** False once the time for faults is over. */
  goesOn(): boolean;
  /** Waits between so many milliseconds; less where the time is over before. */
  rest(leastMs: number, mostMs: number): Promise<void>;
  /** Counts a fault by its name, for the report. */
  tell(fault: string): void;
}

export interface Profile {
  readonly name: string;
  /** What it breaks, in one line. */
  readonly what: string;
  /** How the server syncs; one of them, by the seed. */
  readonly fsync: readonly Fsync[];
  /** It takes back what Redis had acknowledged: then runs may vanish, and calls be made whose order nobody remembers. */
  readonly losesAcknowledged?: boolean;
  /** What is played under it: runs of one agent, or graphs of several that write (`graph/`). Default "agent". */
  readonly plays?: "agent" | "graph";
  /** Breaks things for as long as it goes on. What it leaves broken, `mend` repairs. */
  disturb(disturbance: Disturbance): Promise<void>;
}

export interface Told {
  readonly faults: Readonly<Record<string, number>>;
}

export async function disturbed(profile: Profile, arena: Arena, random: Random, forMs: number): Promise<Told> {
  const endMs = performance.now() + forMs;
  const faults: Record<string, number> = {};
  const left = (): number => endMs - performance.now();
  try {
    await profile.disturb({
      arena,
      random,
      goesOn: () => left() > 0,
      rest: (leastMs, mostMs) => pause(Math.max(0, Math.min(random.between(leastMs, mostMs), left()))),
      tell: (fault) => {
        faults[fault] = (faults[fault] ?? 0) + 1;
      },
    });
  } finally {
    await mend(arena);
  }
  return { faults };
}

/** Everything works again; who is dead stays dead. */
async function mend({ server, living, workers }: Arena): Promise<void> {
  for (const { wire } of workers) {
    wire.decide = () => "pass";
    wire.answered = () => {};
    wire.delayMs = 0;
    wire.accept();
    wire.release();
  }
  for (const { identity } of living()) signalProcess(identity, "SIGCONT");
  if (!server.runs()) await server.restart();
}
