/** What is told of a command's end, where it was thought to change nothing. */
import { describe, expect, it } from "vitest";
import { finishedAnswer } from "../../../../actors/runtime/effects/tool-run.ts";
import { runEventSchema } from "../../../../machines/run-event.ts";
import type { BoxExit } from "../../../../registry/box.ts";
import { exitAnswer } from "../../../../registry/tools/run/bash.ts";

const exit = (more: Partial<BoxExit> & { readonly text?: string }): BoxExit => {
  const { text = "", ...rest } = more;
  return { code: 1, stopped: null, output: Buffer.from(text), bytes: text.length, dropped: 0, tookMs: 1, ...rest };
};
const text = "touch: cannot touch 'x': Read-only file system\n";

describe("a command that was judged read-only", () => {
  it("and tried to write is a failed call that says why, in the answer and in the log", () => {
    const output = exitAnswer(exit({ text, looksOnly: true }));
    expect(output).toMatchObject({ ok: false, misjudged: true, text: expect.stringContaining("judged read-only") });
    const { told = [] } = finishedAnswer({ call: "c", tool: "Bash" }, "e", output, 1);
    expect(told.map((event) => runEventSchema.parse(event))).toMatchObject([{ type: "tool.failed", misjudged: true }]);
  });

  it("and only spoke of it, failed otherwise, or was let write, is told of as before", () => {
    for (const one of [
      exit({ text, looksOnly: true, code: 0 }),
      exit({ text: "no match", looksOnly: true }),
      exit({ text }),
    ]) {
      expect(exitAnswer(one).misjudged).toBeUndefined();
      expect(exitAnswer(one).text).not.toContain("judged read-only");
    }
  });
});
