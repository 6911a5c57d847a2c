// What a demo tells comes from the log: what did not happen is not told.
import { expect, it } from "vitest";
import { retold } from "../../../apps/cli/demo/retold.ts";
import type { LoggedEvent, RunEvent } from "../../../machines/run-event.ts";

const logged = (...events: readonly (RunEvent & { actor?: string })[]): LoggedEvent[] =>
  events.map((event, index) => ({
    v: 1,
    seq: index + 1,
    at: new Date(1_000 * index).toISOString(),
    run: "r_demo",
    actor: "a_tests",
    ...event,
  }));

const effect = "r_demo/a_tests/0.9:0";
const struck = { pid: 4242, effect };
const intended: RunEvent = {
  type: "tool.intended",
  effect,
  call: "c",
  tool: "Bash",
  input: { command: "node test.js" },
};
const finished: RunEvent = { type: "tool.finished", effect, call: "c", tool: "Bash", bytes: 9, tookMs: 3_000 };

it("a log in which nothing happened tells nothing, whatever the script was", () => {
  expect(retold(logged({ type: "run.resumed" }), null)).toEqual([]);
});

it("a command that outlived its worker is said to have run once only where the log has one start and one end", () => {
  expect(retold(logged(intended, finished), struck)).toEqual([expect.stringMatching(/4242.*ran once \(1\.0 s\)/)]);
  const lost: RunEvent = { type: "tool.interrupted", effect, call: "c", tool: "Bash", reason: "its host is gone" };
  expect(retold(logged(intended, lost), struck)).toEqual([
    expect.stringMatching(/its end is in the log: .*interrupted/),
  ]);
  const again: RunEvent = { ...intended, effect: "r_demo/a_tests/0.11:0" };
  expect(retold(logged(intended, finished, again), struck)[0]).not.toContain("ran once");
});

it("what a model wrote into a name reaches the terminal without its escapes", () => {
  const [line] = retold(logged({ type: "workspace.left", reason: "\u001b[31mred" }), null);
  expect(line).toContain("red");
  expect(line).not.toContain("\u001b");
});
