/**
 * The local analyst's own run beside a model's: the same tasks, the same verification, free. It is made before the model's,
 * which names it among its options, so that whatever is killed in between, `resume` of the model's run finds both.
 */
import { LOCAL_BINDING } from "../../../actors/runtime/bindings.ts";
import { shownStatus } from "../../../actors/runtime/run-document.ts";
import type { Hive } from "../hive.ts";
import { say } from "../say.ts";
import { watch } from "../watch.ts";
import type { Evaluation } from "./assess.ts";
import { finishedEvaluation } from "./run-evaluation.ts";
import { besideLocal, withoutLocal } from "./second-opinion.ts";

/** No new work in it either, where the model's run is parked. One that has ended stays as it is. */
export async function parkSecond({ store }: Hive, run: string | null): Promise<void> {
  if (run !== null) await store.hold(run, "park", "parked with the evaluation that it stands beside");
}

/** Sees the second run to its end and holds its levels beside `evaluation`; null where it was parked on the way. */
export async function besideSecond(hive: Hive, evaluation: Evaluation, run: string): Promise<Evaluation | null> {
  const row = await hive.reader.run(run);
  if (row === null) return withoutLocal(evaluation, run, "the run of the local analyst is gone");
  if (row.fields.hold !== undefined) await hive.store.hold(run, "resume", "resumed with its evaluation");
  if (row.fields.status === "running") {
    say("the local analyst is still at work on the second opinion");
    const { error } = await watch(hive, { run, binding: LOCAL_BINDING, onEvent: () => {} });
    if (error !== null) return withoutLocal(evaluation, run, `no worker for it: ${error.message}`);
  }
  const after = await hive.reader.run(run);
  const status = after === null ? "failed" : shownStatus(after.fields);
  if (status === "parked" || status === "running") return null;
  const finished = await finishedEvaluation(hive.reader, run);
  if (finished.status === "completed") return besideLocal(evaluation, finished.evaluation, run);
  const why = finished.reasons.join("; ").slice(0, 600) || "it gave no reason";
  return withoutLocal(evaluation, run, `the local analyst's run ended ${finished.status}: ${why}`);
}
