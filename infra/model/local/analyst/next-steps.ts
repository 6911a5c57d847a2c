/**
 * The one next step for each primitive, for a lean harness that one person can maintain. None of them recommends a
 * swarm; what a small agent can do without says when it will be worth having.
 */
import type { Level } from "./judgement.ts";

interface Steps {
  readonly absent: string;
  readonly partial: string;
}

const steps: Readonly<Record<string, Steps>> = {
  "tool-registry": {
    absent:
      "Put every tool into one map by name, each with a description and an input schema, and let the dispatch look it up there.",
    partial: "Make one map by name the only place the dispatch and the prompt read tools from.",
  },
  "permission-system": {
    absent:
      "Add one function between the model's call and its execution that answers allow, ask or deny by tool and arguments, and let deny block.",
    partial:
      "Move every approval check into one decision function that answers allow, ask or deny by tool and arguments.",
  },
  "session-persistence": {
    absent: "Append each message to a file of the session as it happens, and add a flag that loads it and goes on.",
    partial: "Write after every turn instead of at the end, and make the load path continue the run.",
  },
  "workflow-state": {
    absent:
      "Skip it until one task outlives one process; then store its status beside the transcript and resume from it.",
    partial: "Store the status durably beside the transcript, and let resume read it instead of the last message.",
  },
  "token-budget": {
    absent: "Add up reported usage and compare it with a limit before each model call; stop with a reason of its own.",
    partial:
      "Compare the tokens or money used so far with a limit before each model call, and stop with a reason of its own.",
  },
  "streaming-events": {
    absent:
      "Define one union of events (message, tool started, tool finished, ended with a reason) and emit it while the loop runs.",
    partial: "Cover the start and end of each tool call and a last event with a reason in one typed union.",
  },
  "system-event-log": {
    absent:
      "Append one JSON line for each start, retry, permission decision and end to a file apart from the transcript.",
    partial:
      "Give the harness its own append-only log, apart from the transcript, with at least three kinds of typed entries.",
  },
  "two-level-verification": {
    absent:
      "Check each result mechanically before accepting it, and write one test per guard: a denied tool does not run, a spent budget stops.",
    partial: "Add the missing level: check results before acceptance, and assert in tests that the guards hold.",
  },
  "tool-pool-assembly": {
    absent:
      "Leave it while there are fewer than about fifteen tools; then offer only what the mode and the permissions allow.",
    partial: "Compute the offered tools in one function from mode and permissions.",
  },
  "transcript-compaction": {
    absent:
      "Skip it until sessions reach half the context window; then replace the old part by a summary, keep the recent turns, and store the result.",
    partial:
      "Trigger it automatically from a token count, keep the recent turns, and store the result with the session.",
  },
  "permission-audit-trail": {
    absent:
      "Once there is a permission decision, append every allow and deny with actor, rule, arguments and time to a file.",
    partial: "Record allows as well as denials, with actor, rule, arguments and time, where they can be queried.",
  },
  "agent-type-system": {
    absent: "Stay with one agent; define a second type only when it needs a different prompt and fewer tools.",
    partial: "Stay lean: name only the types you really use, and give each its own prompt and its own tools.",
  },
};

/** The step for a level; `missing` is the first condition without an effect. */
export function nextStep(primitive: string, level: Level, missing?: string): string {
  const known = steps[primitive];
  switch (level) {
    case "present":
      return "Keep a test that fails when this breaks.";
    case "unknown":
      return "Point the evaluation at the folder with the agent loop, or read this one by hand.";
    case "absent":
      return known?.absent ?? "Read this one by hand.";
    case "partial":
      return `${known?.partial ?? "Complete it."}${missing ? ` Missing: ${missing}.` : ""}`;
  }
}
