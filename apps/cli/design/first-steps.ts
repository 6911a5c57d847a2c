/** The first thing to build of each primitive, for one person and one agent: small enough to be done in a day. */
import type { PrimitiveId } from "../../../registry/probes/finding.ts";

export const firstSteps: Readonly<Record<PrimitiveId, string>> = {
  "tool-registry":
    "Put name, description, input schema and function of every tool into one map, and let the dispatch look it up there.",
  "permission-system":
    "Give every tool a risk (reads, changes, destroys), and let one function say allow, ask or deny before the dispatch calls it. A no is told to the model as the result.",
  "session-persistence":
    "Append each message and its usage to a file as it happens, and write the function that reads the file and goes on.",
  "workflow-state":
    "Store the status of the work (planned, waiting, acting, done) apart from the messages, and write before each act that it begins and after it that it ended.",
  "token-budget":
    "Add up what each answer reports, compare the sum and the next prompt's estimate with a limit before each call, and end with a reason of its own.",
  "streaming-events":
    "Write the union of event types first (begun, text, tool begun, tool ended, ended with a reason), and let the display read nothing else.",
  "system-event-log":
    "Append one line of JSON for each thing the harness does: start, model, permission, retry, end. Keep it apart from the conversation.",
  "two-level-verification":
    "Write one test per guard that fails when the guard is taken out (a denied tool does not run; a spent budget stops), and one check that a result passes before it is used.",
  "tool-pool-assembly": "Compute the tools of a session from its mode and its rights, and send the model only those.",
  "transcript-compaction":
    "Past a share of the window, replace the old part by a summary, keep the last turns whole, and store what came of it.",
  "permission-audit-trail":
    "Store every yes and no with who asked, the rule, the arguments and the time, before the call runs, and write the query.",
  "agent-type-system":
    "Declare each type as data: name, prompt, tools, limits. Begin with two, and let the one that reads not write.",
};
