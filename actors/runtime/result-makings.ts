/** What the results of a run were made of, and what was used instead of what was asked for: additions to its document. */
import type { Envelope, Provenance, Substitute } from "../../machines/brief.ts";

export interface ResultMakings {
  /** Of all tasks; empty where everything was as it was asked for. */
  readonly substitutes: readonly (Substitute & { readonly task: string })[];
  /** By task. */
  readonly provenance: Readonly<Record<string, Provenance & Pick<Envelope, "standsOn">>>;
}

export const makingsOf = (envelopes: readonly Envelope[]): ResultMakings => ({
  substitutes: envelopes.flatMap(({ task, substitutes }) => substitutes.map((used) => ({ task, ...used }))),
  provenance: Object.fromEntries(
    envelopes.map(({ task, provenance, standsOn }) => [task, { ...provenance, standsOn }]),
  ),
});
