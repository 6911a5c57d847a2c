/** Reads what a verify agent found out about a result. Only its plain yes holds; silence, doubt and nonsense do not. */
import { z } from "zod";
import type { Store } from "../../../infra/store.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import { verify } from "../../types/verify.ts";
import type { Answer, Performer } from "../performer.ts";
import { briefFrom } from "../session.ts";

export interface VerdictReadDeps {
  readonly store: Pick<Store, "results" | "briefs">;
}

/** The value of a verify agent's report, as far as it counts here. */
const verdictSchema = z.object({
  verdict: z.enum(["holds", "fails", "undecided"]),
  points: z.array(z.object({ point: z.string(), holds: z.enum(["yes", "no", "unknown"]), why: z.string() })).min(1),
});

/** Reasons that are told, and characters of each: words of a model. */
const REASONS_MAX = 10;
const WORDS_MAX = 500;

export function verdictRead({ store }: VerdictReadDeps): Performer<"verdict.read"> {
  return async ({ task, result, of }, { address }) => {
    const answer = (holds: boolean, reasons: readonly string[]): Answer => {
      const told = reasons
        .slice(0, REASONS_MAX)
        .map((one) => (one.length > WORDS_MAX ? `${one.slice(0, WORDS_MAX - 1)}…` : one));
      return {
        event: { type: "verdict.read", task, of, holds, reasons: told } as Answer["event"],
        told: [{ type: "verdict.read", task, of, holds, reasons: told }],
      };
    };
    const [results, briefs] = await Promise.all([
      store.results(address.run, [result]),
      store.briefs(address.run, [task]),
    ]);
    const [text, brief] = [results.get(result), briefs.get(task)];
    if (text === undefined || brief === undefined) return answer(false, [`the check ${task} left no result`]);
    const envelope = envelopeSchema.parse(JSON.parse(text));
    const { agentType } = briefFrom(brief);
    if (envelope.status !== "verified" || envelope.task !== task || agentType !== verify.name)
      return answer(false, [`${result} is no verified result of a ${verify.name} agent for ${task}`]);
    if (!envelope.standsOn.includes(of))
      return answer(false, [`the check ${task} looked at another result than ${of}`]);
    const found = verdictSchema.safeParse(envelope.value);
    if (!found.success) return answer(false, [`the check ${task} gave no verdict`]);
    const { verdict, points } = found.data;
    const against = points
      .filter(({ holds }) => holds !== "yes")
      .map(({ point, holds, why }) => `${point}: ${holds}: ${why}`);
    // A yes whose own points say otherwise is none.
    if (verdict === "holds" && against.length === 0) return answer(true, []);
    return answer(false, [`the check says: ${verdict}`, ...against]);
  };
}
