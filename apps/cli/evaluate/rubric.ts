/**
 * What the levels mean for each primitive, in the words that an agent is given. A level that is not written here does
 * not exist: the local analyst and a real model are held to the same text.
 */
import type { PrimitiveId } from "../../../registry/probes/finding.ts";

export interface LevelMeanings {
  readonly present: string;
  readonly partial: string;
  readonly absent: string;
}

export const rubric: { readonly [Id in PrimitiveId]: LevelMeanings } = {
  "tool-registry": {
    present:
      "there is one collection of tools that is keyed or searched by name; each entry carries a name, a description and an input schema; the dispatch finds the tool in that collection; and it can be listed without running any tool",
    partial: "tools have schemas, but they stand in a fixed list, or the dispatch names each tool in an if or a switch",
    absent: "commands are picked out of the model's text by parsing it",
  },
  "permission-system": {
    present:
      "every call with side effects passes a decision point first; it can give at least two of allow, ask and deny, depending on the tool, its arguments or its risk; and a denied call does not run",
    partial:
      "there is only a confirmation to switch on or off, a hook that its user has to fill, or an allow-list of a sandbox",
    absent: "nothing between the model's call and its execution decides anything",
  },
  "session-persistence": {
    present:
      "each turn or event is written durably as it happens, and some code loads what was written and continues the run",
    partial: "a session is written out but never taken up again, or taking it up loses part of it or must be asked for",
    absent: "the session lives in memory only",
  },
  "workflow-state": {
    present:
      "the status or step of the work has a type of its own, apart from the transcript; it is stored durably; and work is resumed from it, or a step that ran is kept from running twice",
    partial: "the status is kept in memory, or is a to-do tool for the model, or is switched off by default",
    absent: "what happens next is read off the last message",
  },
  "token-budget": {
    present:
      "usage is added up, and a limit on tokens or money is compared with it before the next model call, with a stop that is told apart from other endings",
    partial: "there is only a cap on turns, only accounting, or only a check against the context window",
    absent: "neither a limit nor any accounting",
  },
  "streaming-events": {
    present:
      "events form a typed union, are delivered while the run is going on, cover the start and end of tool calls, and close with a reason",
    partial: "only pieces of text are streamed, or callbacks have no types",
    absent: "the program prints, and that is all",
  },
  "system-event-log": {
    present:
      "the harness keeps an append-only, durable, structured log of its own that can be told apart from the transcript and covers at least three of: lifecycle, changes of configuration or model, permissions, errors and retries, compaction, routing",
    partial: "there is an export of traces, a log of plain text, or only a few typed entries",
    absent: "nothing beyond the console",
  },
  "two-level-verification": {
    present:
      "results are checked before they are accepted, and tests assert that the harness's own guards hold (a denied tool does not run, a spent budget stops)",
    partial: "one of the two levels exists",
    absent: "neither does",
  },
  "tool-pool-assembly": {
    present:
      "the set of tools that the model is offered is computed for the session, agent or turn from mode, permissions or availability",
    partial: "the caller passes a fixed list, or one flag changes the set",
    absent: "the set is always the same",
  },
  "transcript-compaction": {
    present:
      "something triggers it by itself; the old part is replaced by a summary or a marker; the recent part stays; and the outcome is stored",
    partial: "there is a hook or a helper that nothing calls by itself",
    absent: "the whole history is sent every time",
  },
  "permission-audit-trail": {
    present:
      "every allow and every deny is stored durably with who asked, the rule, the arguments and the time, and can be queried",
    partial: "only denials are kept, or a table of standing approvals, or telemetry that must be switched on",
    absent: "no decision is kept",
  },
  "agent-type-system": {
    present:
      "at least two named types of agent exist, each with its own prompt and its own tools or limits, and one is chosen by name",
    partial: "there is a class to declare agents with, or the types differ in how they look only",
    absent: "there is one agent without a type",
  },
};
