/** What silence is called: absence, with less confidence where a doubt stands, and nothing where most was not read. */
import { expect, test } from "vitest";
import type { Examination } from "../../../../infra/model/local/analyst/examination.ts";
import { judge } from "../../../../infra/model/local/analyst/judgement.ts";

const silent = (doubts: string[], unread: Record<string, number>) => {
  const anchors: Examination["anchors"] = [
    { kind: "model-call", path: "agent.py", line: 1, quote: "client.messages.create(" },
    { kind: "tool-dispatch", path: "agent.py", line: 2, quote: "tools[name](input)" },
    { kind: "main-loop", path: "agent.py", line: 3, quote: "while True:" },
  ];
  const aspects = [{ id: "kept", required: true, text: "every decision is kept" }];
  const primitive = "permission-audit-trail";
  return judge({ primitive, filesScanned: 100, understood: true, doubts, unread, anchors, aspects, hits: [] });
};

test("silence after everything was read is absence", () => {
  expect(silent([], {})).toMatchObject({ level: "absent", confidence: "medium" });
  // Styles and scripts beside it raise no doubt, however many they are.
  expect(silent([], { ".css": 400 })).toMatchObject({ level: "absent", confidence: "medium" });
});

test("a doubt about a smaller part makes the absence less sure and is told", () => {
  const judged = silent(["40 files are in languages that were not read"], { ".go": 40 });
  expect(judged).toMatchObject({ level: "absent", confidence: "low" });
  expect(judged.why).toContain("40 files are in languages that were not read");
});

test("where more was left unread than was read, silence says nothing", () => {
  expect(silent(["400 files are in languages that were not read"], { ".go": 400 }).level).toBe("unknown");
});
