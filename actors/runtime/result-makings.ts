/** What the results of a run were made of, and what was used instead of what was asked for: additions to its document. */
import type { Envelope, Provenance, Substitute } from "../../machines/brief.ts";
import type { TaintMark } from "../../machines/taint.ts";

export interface ResultMakings {
  /** Of all tasks; empty where everything was as it was asked for. */
  readonly substitutes: readonly (Substitute & { readonly task: string })[];
  /** What their agents had read that nobody vouched for; empty where there was nothing. */
  readonly taint: readonly (TaintMark & { readonly task: string })[];
  /** By task. */
  readonly provenance: Readonly<Record<string, Provenance & Pick<Envelope, "standsOn">>>;
}

/** What was taken back counts for nothing here either. */
export const makingsOf = (all: readonly Envelope[]): ResultMakings =>
  makings(all.filter(({ status }) => status !== "revoked"));

const makings = (envelopes: readonly Envelope[]): ResultMakings => ({
  substitutes: envelopes.flatMap(({ task, substitutes }) => substitutes.map((used) => ({ task, ...used }))),
  taint: envelopes.flatMap(({ task, taint = [] }) => taint.map((mark) => ({ task, ...mark }))),
  provenance: Object.fromEntries(
    envelopes.map(({ task, provenance, standsOn }) => [task, { ...provenance, standsOn }]),
  ),
});
