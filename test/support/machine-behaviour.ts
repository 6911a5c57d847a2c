/**
 * What a machine does, as one hash: every state that its alphabet reaches, every event in each, and the bytes of the
 * state and of the orders that come of it. A changed guard, action, parameter or delay changes it, wherever its code is.
 */
import { createHash } from "node:crypto";
import type { AnyStateMachine } from "xstate";
import { type ActorState, type Cause, dehydrate, type FoldEntry, fold, statePath } from "../../machines/fold.ts";
import type { World } from "./machine-alphabet.ts";

export interface Behaviour {
  readonly hash: string;
  readonly states: number;
  readonly edges: number;
  /** Paths in which the machine came to rest. */
  readonly paths: ReadonlySet<string>;
}

/** More states than this in one world are a mistake of the alphabet. */
const STATES_MAX = 20_000;

export function behaviourOf(machine: AnyStateMachine, worlds: readonly World[]): Behaviour {
  const hash = createHash("sha256");
  const paths = new Set<string>();
  let states = 0;
  let edges = 0;
  for (const world of worlds) {
    const first = fold(machine, null, { version: 1, cause: { input: world.input } });
    const known = new Map([[stored(first.state), first.state]]);
    hash.update(`${world.name}\n${told(machine, null, { version: 1, cause: { input: world.input } }).text}\n`);
    for (const [, state] of known) {
      paths.add(statePath(state));
      for (const { text, after, key } of answersIn(machine, world, state)) {
        hash.update(`${text}\n`);
        edges += 1;
        if (after !== null && !known.has(key)) known.set(key, after);
        if (known.size > STATES_MAX) throw new Error(`${machine.id}, "${world.name}": over ${STATES_MAX} states`);
      }
    }
    states += known.size;
  }
  return { hash: hash.digest("hex").slice(0, 16), states, edges, paths };
}

const stored = (state: ActorState): string => JSON.stringify(dehydrate(state));

/** To every event, every timer as armed and as stale, and then every model call once more, with no money for it. */
function answersIn(machine: AnyStateMachine, world: World, state: ActorState): Told[] {
  const timers = Object.entries(state.timers).flatMap(([timer, { armedBy }]): Cause[] => [
    { timer, armedBy },
    { timer, armedBy: armedBy - 1 },
  ]);
  const causes = [...world.events.map((event): Cause => ({ event })), ...timers];
  const answers = causes.map((cause) => ({ cause, answer: told(machine, state, { version: 2, cause }) }));
  const poor = answers.flatMap(({ cause, answer }) =>
    answer.text.includes('"model.call"')
      ? [told(machine, state, { version: 2, cause, refused: { tokensLeft: 7, nanoUsdLeft: null } })]
      : [],
  );
  return [...answers.map(({ answer }) => answer), ...poor];
}

interface Told {
  readonly text: string;
  /** Null where there is none, or still the one before. */
  readonly after: ActorState | null;
  /** The state as it is stored; "" where there is none. */
  readonly key: string;
}

function told(machine: AnyStateMachine, before: ActorState | null, entry: FoldEntry): Told {
  try {
    const { state, outside, inside, timersSet, timersCancelled, changed } = fold(machine, before, entry);
    const orders = JSON.stringify({ outside, inside, timersSet, timersCancelled, changed });
    if (before === state) return { text: `= ${orders}`, after: null, key: "" };
    const key = stored(state);
    return { text: `${key} ${orders}`, after: state, key };
  } catch (cause) {
    return { text: `throws ${cause instanceof Error ? cause.message : String(cause)}`, after: null, key: "" };
  }
}
