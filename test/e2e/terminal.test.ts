// `swarm run` on a real terminal: a picture that fits it, also after it was made smaller; a question that nothing is drawn
// over; and no picture where there can be none.
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { width } from "../../apps/cli/progress/printable.ts";
import { hasTerminals, openTerminal, type Terminal } from "../support/pty.ts";
import { openStage, report, type Stage, says, use } from "../support/run-stage.ts";
import { screenOf } from "../unit/apps/progress/screen.ts";

const main = process.env.SWARM_TEST_CLI ?? fileURLToPath(new URL("../../dist/apps/cli/main.js", import.meta.url));
const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.[Symbol.asyncDispose]());

function run(goal: string, env: Readonly<Record<string, string>>): Terminal {
  const words = [process.execPath, main, "run", goal, "--workspace", stage.workspace, "--worktree", "never"];
  return openTerminal(words, { columns: 80, rows: 24, cwd: stage.swarm.cwd, env: { ...stage.swarm.env, ...env } });
}

/** Lines of the pictures that were drawn from there on. */
const drawnSince = (terminal: Terminal, from: number): string[] =>
  terminal
    .written()
    .slice(from)
    .split(BEGIN)
    .slice(1)
    .flatMap((frame) => (frame.split(END)[0] ?? "").split("\r\n"))
    .map((line) => stripVTControlCharacters(line).replaceAll("\r", ""));

const write = says(use("Write", { file_path: "made.txt", content: "x\n" }));

it.skipIf(!hasTerminals)(
  "the picture fits the terminal as it is now, a question stands alone until it is answered, and colours can be forbidden",
  async () => {
    const goal = `Terminal: say what 漢字漢字漢字漢字漢字漢字漢字漢字 does, ${"at length, ".repeat(12)}and end.`;
    stage.double.script(
      { when: "Terminal: say", ...write },
      { when: "Terminal: say", ...report("written", []), delayMs: 900 },
    );
    const terminal = run(goal, { NO_COLOR: "1" });
    await terminal.shows(/\[s\]kip: $/);
    const asked = terminal.written().length;
    terminal.resize({ columns: 46, rows: 10 });
    // Time passes, in which a picture would have been drawn many times.
    expect((await stage.swarm.run(["approvals", "list"])).stdout).toContain("Write");
    expect(terminal.written().slice(asked)).toBe("");
    terminal.type("a\n");
    await terminal.shows(/approved: p_[\s\S]*goal /, asked);
    expect(await terminal.done).toBe(0);
    const before = drawnSince(terminal, 0);
    expect(before.some((line) => /goal /.test(line))).toBe(true);
    for (const line of before) expect(width(line)).toBeLessThan(80);
    const after = drawnSince(terminal, asked);
    expect(after.filter((line) => line.includes("r_")).length).toBeGreaterThan(2);
    for (const line of after) expect(width(line)).toBeLessThan(46);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what it looks for
    expect(terminal.written()).not.toMatch(/\u001b\[[\d;]*m/);
    const { cursorShown, unknown } = screenOf(terminal.written());
    expect([cursorShown, unknown]).toEqual([true, []]);
  },
  120_000,
);

it.skipIf(!hasTerminals)(
  "where a terminal can draw nothing, or a build runs, there are lines and not one control character",
  async () => {
    stage.double.script({ when: "Plainly: say", ...report("nothing", []), times: 2 });
    const ends = [{ TERM: "dumb" }, { CI: "true" }].map(async (env) => {
      const terminal = run("Plainly: say nothing.", env);
      expect(await terminal.done).toBe(0);
      expect(terminal.written()).toMatch(/1 of 1 tasks verified/);
      expect(terminal.written()).not.toContain("\u001b");
    });
    await Promise.all(ends);
  },
  120_000,
);
