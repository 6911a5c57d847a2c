/**
 * The pins as everybody uses them: the chart decides, the store keeps, and whoever was slower reads again. What a release
 * brings counts as approved by it until a row says otherwise; a row that cannot be read counts as quarantined.
 */
import { z } from "zod";
import { SwarmError } from "../../infra/errors.ts";
import type { PinName, PinRow, Pins } from "../../infra/pins.ts";
import { type ActorState, dehydrate, fold, rehydrate, statePath } from "../../machines/fold.ts";
import {
  type PinApproval,
  type PinContext,
  type PinEvent,
  type PinMoment,
  type PinnedDefinition,
  pinMachine,
} from "../../machines/pin-machine.ts";
import type { EntryState } from "../../registry/entry.ts";

/** What is there, or was approved. `behaviour` is left out where its examples were not tried. */
export type Definition = Omit<PinnedDefinition, "behaviour"> & { readonly behaviour?: string | null };

export interface Pinned {
  readonly state: EntryState;
  /** Null for what is new, and where the row cannot be read. */
  readonly approved: PinApproval | null;
  /** What stands in its place; null while nothing else was found. */
  readonly found: PinnedDefinition | null;
  /** Why it is out; empty while it is not. */
  readonly reasons: readonly string[];
  readonly history: readonly PinMoment[];
}

export interface Finding {
  /** What is wrong beside a hash that is another. */
  readonly reasons?: readonly string[];
  /** Take it out at once: a run has met it. */
  readonly quarantine?: boolean;
  /** Who found it, for the history. */
  readonly by?: string;
}

export interface PinBook {
  look(name: PinName): Promise<Pinned>;
  all(): Promise<readonly (PinName & Pinned)[]>;
  /** Another number after every change. */
  changes(): Promise<number>;
  /**
   * Approves what is new, or exactly what was found in place of what had been approved. `not_shown`: something else was
   * found meanwhile, or nothing that needs approval. @throws SwarmError `pin.too_large`
   */
  approve(name: PinName, definition: Definition, by: string): Promise<"approved" | "not_shown">;
  /** Compares what is there with what was approved and writes down what differs. What is new stays new. */
  found(name: PinName, definition: Definition, finding?: Finding): Promise<Pinned>;
}

export interface PinBookOptions {
  readonly pins: Pins;
  /** What this installation brings and therefore needs no row; null for everything else. */
  readonly release?: (name: PinName) => Definition | null;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
}

/** Longest definition that somebody can approve, in UTF-16 units: nobody reads more. */
export const DEFINITION_CHARS_MAX = 262_144;
/** Times that somebody else may be faster. */
const ATTEMPTS_MAX = 8;
const RELEASE = "release";

const definitionSchema = z.object({ hash: z.string(), text: z.string(), behaviour: z.string().nullable() });
const momentSchema = z.object({
  what: z.enum(["approved", "drifted", "quarantined"]),
  hash: z.string(),
  by: z.string(),
  atMs: z.number(),
  reasons: z.array(z.string()),
});

/** Whole, or not at all: half a pin that was damaged would stop whoever reads all of them. */
const stateSchema = z.object({
  machine: z.literal(`${pinMachine.id}@${pinMachine.version}`),
  value: z.enum(["active", "drifted", "quarantined"]),
  context: z.strictObject({
    approved: z.object({ definition: definitionSchema, by: z.string(), atMs: z.number() }),
    found: z.object({ definition: definitionSchema, reasons: z.array(z.string()) }).nullable(),
    history: z.array(momentSchema),
  }),
});

/** Every method throws StoreError where the store does. */
export function openPinBook({ pins, release = () => null, nowMs = Date.now }: PinBookOptions): PinBook {
  /** The state as it stands; null where nobody has approved it, `broken` where it cannot be read. */
  const stateOf = (name: PinName, row: PinRow | null): ActorState | "broken" | null => {
    if (row !== null) return stateFrom(row.state);
    const brought = release(name);
    return brought === null ? null : begun({ definition: whole(brought), by: RELEASE, atMs: 0 });
  };
  /** Applies `decide` to what is stored and writes what it gives; null: there is nothing to write. */
  const change = async <Answer>(
    name: PinName,
    decide: (state: ActorState | "broken" | null) => { readonly next: ActorState | null; readonly answer: Answer },
  ): Promise<Answer> => {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const row = await pins.get(name);
      const { next, answer } = decide(stateOf(name, row));
      if (next === null || (await pins.put(name, textOf(next), row?.revision ?? 0))) return answer;
    }
    throw new SwarmError("pin.contended", `the pin of ${name.kind} ${name.name} changes all the time`, {
      retry: true,
      hint: "Try again.",
    });
  };
  return {
    look: async (name) => pinnedFrom(stateOf(name, await pins.get(name))),
    changes: () => pins.changes(),
    all: async () => (await pins.all()).map((row) => ({ ...nameOf(row), ...pinnedFrom(stateOf(row, row)) })),
    async approve(name, given, by) {
      const definition = whole(given);
      if (definition.text.length > DEFINITION_CHARS_MAX) throw tooLarge(name, definition.text.length);
      return change(name, (state) => {
        const atMs = nowMs();
        if (state === null || state === "broken") {
          return { next: begun({ definition, by, atMs }), answer: "approved" };
        }
        const { hash, behaviour } = definition;
        const next = after(state, { type: "approval.given", hash, behaviour, by, atMs });
        const stands = next ?? state;
        const isIt = statePath(stands) === "active" && contextOf(stands).approved.definition.hash === hash;
        return { next, answer: isIt ? "approved" : "not_shown" };
      });
    },
    async found(name, given, { reasons = [], quarantine = false, by = "check" } = {}) {
      const definition = shortened(whole(given));
      return change(name, (state) => {
        if (state === null || state === "broken") return { next: null, answer: pinnedFrom(state) };
        const atMs = nowMs();
        const why = [...reasons, ...differences(contextOf(state).approved.definition, definition)];
        const seen = after(state, { type: "drift.found", definition, reasons: why, by, atMs });
        const out = quarantine ? after(seen ?? state, { type: "pin.quarantined", by, atMs }) : null;
        const next = out ?? seen;
        return { next, answer: pinnedFrom(next ?? state) };
      });
    },
  };
}

/** Every row, as those who latch a run's capabilities want it. */
export async function approvedRows(
  book: Pick<PinBook, "all">,
): Promise<readonly (PinName & { readonly hash: string; readonly text: string; readonly active: boolean })[]> {
  return (await book.all()).flatMap(({ kind, scope, name, state, approved }) => {
    if (approved === null) return [];
    const { hash, text } = approved.definition;
    return [{ kind, scope, name, hash, text, active: state === "active" }];
  });
}

export interface PluginFindings {
  /** A plugin's tool is not the one that was approved; null: its server does not have it any more. */
  found(
    scope: string,
    name: string,
    definition: { readonly hash: string; readonly text: string } | null,
  ): Promise<void>;
  /** It is the one that was approved, and did what its operator said it does not do. */
  misbehaved(scope: string, name: string, reason: string): Promise<void>;
}

/** What a worker finds while a run is at work is out at once. */
export const pluginFindings = (book: Pick<PinBook, "found" | "look">): PluginFindings => ({
  async found(scope, name, definition) {
    const gone = { hash: "", text: "" };
    const reasons = definition === null ? ["its server does not have it any more"] : [];
    await book.found({ kind: "tool", scope, name }, definition ?? gone, { reasons, quarantine: true, by: "run" });
  },
  async misbehaved(scope, name, reason) {
    const pin: PinName = { kind: "tool", scope, name };
    const { approved } = await book.look(pin);
    if (approved === null) return;
    await book.found(pin, approved.definition, { reasons: [reason], quarantine: true, by: "run" });
  },
});

const nameOf = ({ kind, scope, name }: PinName): PinName => ({ kind, scope, name });

const whole = ({ hash, text, behaviour = null }: Definition): PinnedDefinition => ({ hash, text, behaviour });

/** Only what can be approved is kept whole. */
const shortened = (definition: PinnedDefinition): PinnedDefinition => ({
  ...definition,
  text: definition.text.slice(0, DEFINITION_CHARS_MAX + 1),
});

const begun = (input: PinApproval): ActorState => fold(pinMachine, null, { version: 1, cause: { input } }).state;

/** Null where the chart has no use for the event. */
function after(state: ActorState, event: PinEvent): ActorState | null {
  const decision = fold(pinMachine, state, { version: 2, cause: { event } });
  return decision.changed ? decision.state : null;
}

const contextOf = (state: ActorState): PinContext => state.snapshot.context as unknown as PinContext;

function differences(approved: PinnedDefinition, found: PinnedDefinition): readonly string[] {
  if (approved.hash !== found.hash) return ["its definition is not the one that was approved"];
  const compared = approved.behaviour !== null && found.behaviour !== null;
  return compared && approved.behaviour !== found.behaviour
    ? ["under the same definition, its examples come to something else than when it was approved"]
    : [];
}

function textOf(state: ActorState): string {
  const { value, context } = dehydrate(state).snapshot;
  return JSON.stringify({ machine: `${pinMachine.id}@${pinMachine.version}`, value, context });
}

function stateFrom(text: string): ActorState | "broken" {
  try {
    const { value, context } = stateSchema.parse(JSON.parse(text));
    return rehydrate(pinMachine, { snapshot: { status: "active", value, context }, timers: {} });
  } catch {
    return "broken"; // said to whoever looks, as the reason of its quarantine
  }
}

function pinnedFrom(state: ActorState | "broken" | null): Pinned {
  const nothing = { approved: null, found: null, history: [] };
  if (state === null) return { ...nothing, state: "new", reasons: [] };
  if (state === "broken") {
    const reasons = ["its pin cannot be read: another version of statehive may have written it"];
    return { ...nothing, state: "quarantined", reasons };
  }
  const { approved, found, history } = contextOf(state);
  return {
    state: statePath(state) as EntryState,
    approved,
    found: found?.definition ?? null,
    reasons: found?.reasons ?? [],
    history,
  };
}

const tooLarge = ({ kind, name }: PinName, chars: number): SwarmError =>
  new SwarmError(
    "pin.too_large",
    `the definition of ${kind} ${name} has ${chars} characters; nobody can approve that`,
    {
      exit: 2,
      hint: `At most ${DEFINITION_CHARS_MAX} characters can be approved.`,
    },
  );
