/** Ids of tasks that a run makes by itself: who writes a tasks file names nothing so where both would meet. */
import { CHECK_ENDING, checkOf } from "./planned-tasks.ts";
import type { Found } from "./remedies.ts";
import type { TasksForm } from "./tasks-form.ts";

const ID_MAX = 64;

/** Pure. */
export function idProblems({ tasks, synthesis, replans = 0 }: TasksForm, found: Found): void {
  const ids = new Set(tasks.map(({ id }) => id));
  for (const [index, { id, agent, verify }] of tasks.entries()) {
    const taken = takenFor(id, { ids, synthesis: synthesis === true, replans });
    if (taken !== null) found(["tasks", index, "id"], `is "${id}", which is the id of ${taken}; give it another`);
    if (verify === undefined) continue;
    if (agent === "verify") {
      found(["tasks", index, "verify"], "is independent, but the task is a check already; leave it away");
    } else if (ids.has(checkOf(id))) {
      found(
        ["tasks", index, "verify"],
        `makes a task ${checkOf(id)}, and the file has one of that id; name it otherwise`,
      );
    } else if (checkOf(id).length > ID_MAX) {
      const room = ID_MAX - CHECK_ENDING.length;
      found(
        ["tasks", index, "verify"],
        `makes a task ${CHECK_ENDING} of this one: its id may have ${room} characters at most`,
      );
    }
  }
}

interface Taken {
  readonly ids: ReadonlySet<string>;
  readonly synthesis: boolean;
  readonly replans: number;
}

/** What the run itself would call so; null where it calls nothing so. */
function takenFor(id: string, { ids, synthesis, replans }: Taken): string | null {
  if (synthesis && id === "synthesis") return "the task that puts the results together";
  if (replans > 0 && /^replan-\d+$/.test(id)) return "a task that plans anew";
  const [, resolved] = /^(.+)-resolve$/.exec(id) ?? [];
  return resolved !== undefined && ids.has(resolved) ? `the task that resolves a conflict of ${resolved}` : null;
}
