/** What a revocation cannot take back, told from a log: calls that reached beyond what is thrown away with their agent. */
import { expect, it } from "vitest";
import { irreversibleEffects } from "../../../actors/runtime/irreversible.ts";
import type { LoggedEvent, RunEvent } from "../../../machines/run-event.ts";

let seq = 0;
const by = (actor: string, event: RunEvent): LoggedEvent => {
  seq += 1;
  return { v: 1, seq, at: new Date(seq).toISOString(), run: "r", actor, ...event } as LoggedEvent;
};
const effectOf = (actor: string, call: string): string => `r/${actor}/0.1:${call}`;
const call = (
  actor: string,
  id: string,
  tool: string,
  risk?: "read-only" | "mutating" | "destructive",
): LoggedEvent[] => [
  ...(risk === undefined
    ? []
    : [by(actor, { type: "permission.decided", call: id, tool, decision: "allow", risk, rule: "r", reason: "" })]),
  by(actor, { type: "tool.intended", effect: effectOf(actor, id), call: id, tool, input: { of: id } }),
];
const end = (actor: string, id: string, type: "tool.finished" | "tool.failed"): LoggedEvent =>
  by(actor, { type, effect: effectOf(actor, id), call: id, tool: "x", bytes: 0, tookMs: 1 });

async function* each(events: readonly LoggedEvent[]): AsyncGenerator<LoggedEvent> {
  yield* events;
}
const found = async (events: readonly LoggedEvent[], options = {}) =>
  (await irreversibleEffects(each(events), new Set(["a_a"]), options)).map(({ tool, input, state }) => [
    tool,
    (input as { of: string }).of,
    state,
  ]);

const events = [
  ...call("a_a", "1", "Read", "read-only"),
  end("a_a", "1", "tool.finished"),
  ...call("a_a", "2", "Bash", "read-only"),
  end("a_a", "2", "tool.finished"),
  ...call("a_a", "3", "Bash", "destructive"),
  end("a_a", "3", "tool.finished"),
  ...call("a_a", "4", "mcp__mail__send", "mutating"),
  end("a_a", "4", "tool.failed"),
  ...call("a_a", "5", "Write", "mutating"),
  end("a_a", "5", "tool.finished"),
  ...call("a_a", "6", "Bash"),
  ...call("a_b", "7", "Bash", "destructive"),
  end("a_b", "7", "tool.finished"),
];

it("commands and plugin calls are named, files too where they are everybody's; what only looked is not, nor what others did", async () => {
  const commands = [
    ["Bash", "3", "done"],
    ["mcp__mail__send", "4", "done"],
  ];
  const unknown = ["Bash", "6", "maybe"];
  expect(await found(events)).toEqual([...commands, ["Write", "5", "done"], unknown]);
  expect(await found(events, { ownTrees: true })).toEqual([...commands, unknown]);
});

it("what was found not to have happened is not named; what was found to have, is", async () => {
  const reconciled = (happened: boolean): LoggedEvent =>
    by("a_a", { type: "tool.reconciled", effect: effectOf("a_a", "6"), call: "6", tool: "Bash", happened });
  const command = call("a_a", "6", "Bash", "mutating");
  expect(await found([...command, reconciled(false)])).toEqual([]);
  expect(await found([...command, reconciled(true)])).toEqual([["Bash", "6", "done"]]);
});

it("says of one that failed that part of it may be done", async () => {
  const [one] = await irreversibleEffects(
    each([...call("a_a", "3", "Bash", "mutating"), end("a_a", "3", "tool.failed")]),
    new Set(["a_a"]),
  );
  expect(one).toMatchObject({
    effect: effectOf("a_a", "3"),
    actor: "a_a",
    state: "done",
    why: expect.stringContaining("half-way"),
  });
});
