/** What Probe promises, as calls that can be made again. */
import type { ToolExample } from "../../tool.ts";

const tree = {
  "package.json": '{ "name": "agent", "type": "module" }\n',
  "src/agent.ts": [
    'import Anthropic from "@anthropic-ai/sdk";',
    "const client = new Anthropic();",
    "export async function main(goal: string) {",
    '  const messages = [{ role: "user", content: goal }];',
    "  for (let turn = 0; turn < 10; turn += 1) {",
    '    const answer = await client.messages.create({ model: "m", max_tokens: 100, messages });',
    "    if (answer.stop_reason !== 'tool_use') return answer;",
    "  }",
    "}",
    "await main(process.argv[2] ?? '');",
    "",
  ].join("\n"),
};

export const examples: readonly ToolExample[] = [
  {
    title: "answers with one JSON document about one primitive, the model call among its anchors",
    files: tree,
    input: { primitive: "token-budget" },
    ok: true,
    says: ['{"primitive":"token-budget"', '"path":"src/agent.ts"', '"line":6'],
  },
  {
    title: "examines one file again where path names it",
    files: tree,
    input: { primitive: "token-budget", path: "src/agent.ts" },
    ok: true,
    says: ['"path":"src/agent.ts"'],
  },
  {
    title: "a path outside the workspace is refused",
    files: tree,
    input: { primitive: "token-budget", path: "../x.ts" },
    ok: false,
    says: ["lies outside the workspace"],
  },
  {
    title: "an unknown primitive is refused at the door",
    files: {},
    input: { primitive: "charm" },
    ok: false,
    says: ["primitive"],
  },
];
