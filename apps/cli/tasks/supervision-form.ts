/**
 * The fields of a tasks file that say how long, for how much and how often, and what is done where that was not enough.
 * What nobody could keep (a time without a unit, a limit past all limits) is no value here.
 */
import { z } from "zod";
import {
  DEADLINE_MS,
  PRIORITY_MAX,
  REPLANS_MAX,
  RESTARTS_ALLOWED_MAX,
  TOPICS_MAX,
} from "../../../actors/runtime/graph-limits.ts";
import type { SupervisionPolicy } from "../../../machines/task-ledger.ts";
import { RESTARTS_MAX } from "../../../machines/task-supervision.ts";

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `30s`, `10m`, `2h`, `1d`; null where the text is no time. Pure. */
export function durationMs(text: string): number | null {
  const [, amount, unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  return amount === undefined ? null : Number(amount) * (UNITS_MS[unit] as number);
}

const TIME = "takes a time with its unit (30s, 10m, 2h) from 1s to 7d";

const duration = z.string({ error: TIME }).transform((text, context) => {
  const ms = durationMs(text);
  if (ms !== null && ms >= DEADLINE_MS.min && ms <= DEADLINE_MS.max) return ms;
  context.addIssue({ code: "custom", message: TIME });
  return z.NEVER;
});

export const whole = (from: number, to: number) => {
  const error = `takes a whole number from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
};

/** Where a field takes fields: what is said of any other value. A field too many is told by its own name. */
export const orFields = (message: string) => ({
  error: (issue: { readonly code?: string | undefined }) => (issue.code === "unrecognized_keys" ? undefined : message),
});

const choice = <const Choices extends readonly [string, ...string[]]>(...choices: Choices) => {
  const last = choices.at(-1) ?? "";
  const error = `takes ${choices.length === 1 ? last : `${choices.slice(0, -1).join(", ")} or ${last}`}`;
  return z.enum(choices, { error });
};

const TOKENS_MAX = 1_000_000_000_000;
const USD_MAX = 1_000_000;
const USD = `takes an amount of US dollars above 0, at most ${USD_MAX}`;
const BUDGET = "takes fields: tokens, usd, or both";
export const budgetSchema = z
  .strictObject(
    {
      tokens: whole(1, TOKENS_MAX).optional(),
      usd: z.number({ error: USD }).min(1e-6, { error: USD }).max(USD_MAX, { error: USD }).optional(),
    },
    orFields(BUDGET),
  )
  .refine(({ tokens, usd }) => tokens !== undefined || usd !== undefined, { error: BUDGET });

const name = (what: string, charsMax: number) => {
  const error = `takes ${what}`;
  return z.string({ error }).min(1, { error }).max(charsMax, { error });
};
const MODEL = name("small, medium, large or the id of a model", 200);
const STEP = "takes retry, give-up, {agent: TYPE} or {model: small, medium, large or an id}";
const stepSchema = z.union(
  [
    z.enum(["retry", "give-up"]),
    z.strictObject({ agent: name("the name of an agent type", 64), model: MODEL.optional() }),
    z.strictObject({ model: MODEL }),
  ],
  { error: STEP },
);
export type FailureStep = z.infer<typeof stepSchema>;

const STEPS =
  "takes a list of what follows the first failure, the second, and so on: [retry, {agent: general}, give-up]";
const onFailureSchema = z
  .array(stepSchema, { error: STEPS })
  .min(1, { error: `is empty; write [give-up] where one attempt is all` })
  .max(RESTARTS_MAX, { error: `has more than ${RESTARTS_MAX} steps; a run that fails as often will not get better` })
  .superRefine((steps, context) => {
    const early = steps.findIndex((step, at) => step === "give-up" && at < steps.length - 1);
    if (early < 0) return;
    const message = "gives up, and something follows; put give-up last, or leave away what follows";
    context.addIssue({ code: "custom", path: [early], message });
  });

const TOPIC = "takes the name of a topic: lowercase letters, digits and hyphens, at most 64, without #";
/** Of a task: what bounds it, and what follows where it fails. */
export const taskBounds = {
  on_failure: onFailureSchema.optional(),
  deadline: duration.optional(),
  budget: budgetSchema.optional(),
  verify: choice("independent").optional(),
  priority: whole(-PRIORITY_MAX, PRIORITY_MAX).optional(),
  topics: z
    .array(z.string({ error: TOPIC }).regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: TOPIC }), {
      error: "takes a list of topics",
    })
    .max(TOPICS_MAX, { error: `has more than ${TOPICS_MAX} topics` })
    .optional(),
};

const SUPERVISION = "takes fields: strategy, restarts, within, then";
export const supervisionSchema = z
  .strictObject(
    {
      strategy: choice("one-for-one", "one-for-all", "rest-for-one").optional(),
      restarts: whole(0, RESTARTS_ALLOWED_MAX).optional(),
      within: duration.optional(),
      // biome-ignore lint/suspicious/noThenProperty: a field that nobody awaits, named as it is in the file
      then: choice("give-up", "escalate").optional(),
    },
    orFields(SUPERVISION),
  )
  .refine((fields) => Object.keys(fields).length > 0, { error: SUPERVISION });

/** Of the run. */
export const runBounds = {
  supervision: supervisionSchema.optional(),
  replans: whole(0, REPLANS_MAX).optional(),
  synthesis: z.boolean({ error: "takes true or false" }).optional(),
};

/** What is left out is as it is where nobody asks for anything. */
export const policyOf = (form: z.infer<typeof supervisionSchema>): SupervisionPolicy => ({
  strategy: form.strategy ?? "one-for-one",
  restartsMax: form.restarts ?? RESTARTS_MAX,
  windowMs: form.within ?? null,
  // biome-ignore lint/suspicious/noThenProperty: a field that nobody awaits, named as it is in the file
  then: form.then ?? "give-up",
});
