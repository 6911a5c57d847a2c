/** Absent is hard to earn: silence counts only where everything that could speak was heard. */
import { afterEach, describe, expect, test } from "vitest";
import { converse, taskText } from "../../../support/fixture-repos/converse.ts";
import { openScratch, type Scratch } from "../../../support/fixture-repos/repos.ts";

let scratch: Scratch | undefined;
afterEach(async () => {
  await scratch?.remove();
  scratch = undefined;
});

async function judged(
  files: Readonly<Record<string, string>>,
  primitive: string,
): Promise<{ level: string; confidence: string; why: string }> {
  scratch = await openScratch(files);
  const { report } = await converse(scratch.box, taskText("explore", { primitive }));
  return report?.value as { level: string; confidence: string; why: string };
}

const loop = (before = "") => `import Anthropic from "@anthropic-ai/sdk";
${before}
const client = new Anthropic();
const tools: Record<string, (input: unknown) => Promise<string>> = {};
export async function runAgent(messages: never[]) {
  while (true) {
    const answer = await client.messages.create({ model: "m", max_tokens: 9, messages });
    for (const block of answer.content) {
      if (block.type !== "tool_use") return;
      await tools[block.name]?.(block.input);
    }
  }
}
`;
const inDurableStores = ["session-persistence", "workflow-state", "system-event-log", "permission-audit-trail"];

test.each(inDurableStores)("a bare loop has no %s", async (primitive) => {
  expect((await judged({ "agent.ts": loop() }, primitive)).level).toBe("absent");
});

const withPool = (before = "") =>
  loop(`import { Pool } from "pg";\nconst pool = new Pool();\nconst policy = "none";`).replace(
    "const answer",
    `${before}const answer`,
  );

test.each(inDurableStores)(
  "beside a client of a store that the run never writes to there is no %s",
  async (primitive) => {
    expect((await judged({ "agent.ts": withPool() }, primitive)).level).toBe("absent");
  },
);

test("beside a client that the run writes to, the absence of an audit is less sure, with the file that uses it", async () => {
  const source = withPool("await pool.query(statement, [policy]);\n    ");
  const { level, confidence, why } = await judged({ "agent.ts": source }, "permission-audit-trail");
  expect({ level, confidence }).toEqual({ level: "absent", confidence: "low" });
  expect(why).toContain("agent.ts");
});

test("beside programs of a store that were not read, the absence of persistence is less sure", async () => {
  const files = { "agent.ts": loop(), "other.ts": "export const one = 1;", "db/turns.sql": "select 1;" };
  const { level, confidence, why } = await judged(files, "session-persistence");
  expect({ level, confidence }).toEqual({ level: "absent", confidence: "low" });
  expect(why).toContain(".sql 1");
});

test("beside as much code in a language that is not read, nothing is absent", async () => {
  const { level, why } = await judged({ "agent.ts": loop(), "core/main.rs": "fn main() {}" }, "agent-type-system");
  expect(level).toBe("unknown");
  expect(why).toContain(".rs 1");
});

test("without a loop around the model call, but with all source read, silence is absence", async () => {
  const once = loop().replace("while (true) {", "{");
  expect((await judged({ "agent.ts": once }, "transcript-compaction")).level).toBe("absent");
});

describe("a workspace without any source that can be read", () => {
  test("is said to be one, with what it holds instead", async () => {
    const { level, why } = await judged(
      { "src/main.rs": "fn main() {}", "src/lib.rs": "", "build.go": "" },
      "token-budget",
    );
    expect(level).toBe("unknown");
    expect(why).toContain("no TypeScript, JavaScript or Python source found; found: 2 .rs, 1 .go");
  });

  test("is said to be one where it holds no code at all", async () => {
    const { level, why } = await judged({ "notes.txt": "hello" }, "token-budget");
    expect(level).toBe("unknown");
    expect(why).toContain("no TypeScript, JavaScript or Python source found; found: no source code");
  });
});
