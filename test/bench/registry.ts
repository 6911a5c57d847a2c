/** What a thousand registered tools cost: their share of a prompt, and the time that a search takes. */
import { capabilitiesFrom } from "../../actors/runtime/capabilities.ts";
import { type RunRow, runConfigSchema } from "../../actors/runtime/run-row.ts";
import { assemble } from "../../actors/runtime/session.ts";
import { agentTypes } from "../../actors/types/index.ts";
import { searchIndex } from "../../registry/index-search.ts";
import { inputSchema } from "../../registry/tools/index.ts";
import { manyTools } from "../support/many-tools.ts";
import { shown, spreadOf, table, verdict } from "./sample.ts";
import type { BenchOptions } from "./steps.ts";

const TOOLS = 1_000;
const SHARE_TARGET = 0.02;
const SEARCH_TARGET_MS = 5;

/** Words as models and people write them: common and rare ones, misspelt ones, a whole sentence, nothing that fits. */
const QUERIES = [
  "issues",
  "create issue",
  "list the open pull requests of a project",
  "mcp__billing__create_invoices",
  "calender",
  "delete customers dry run",
  "a",
  "project filter limit cursor",
  "xyzzy quux",
  `${"search the documents of the wiki and export them ".repeat(8)}`,
];

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

export async function registry({ rounds, say }: BenchOptions): Promise<void> {
  const builtIn = capabilitiesFrom(manyTools(0)).all.length;
  const capabilities = capabilitiesFrom(manyTools(TOOLS - builtIn));
  const definitions = capabilities.all.map((tool) => {
    const { name, description } = tool;
    return { name, description, inputSchema: inputSchema(tool) };
  });
  const all = bytes(definitions);
  say(
    `${definitions.length} tools, ${builtIn} of them built in: ${all} bytes of definitions, ${Math.round(all / definitions.length)} each\n`,
  );

  const run = { model: "m", config: runConfigSchema.parse({ approve: "ask" }) } as RunRow;
  const shares = agentTypes.map((type) => {
    const brief = { id: "goal", agentType: type.name, goal: "g" };
    const { session } = assemble(type, brief, run, [], { sandbox: "full", capabilities });
    return {
      type: type.name,
      tools: session.tools.length,
      found: session.deferred.length,
      bytes: bytes(session.tools),
    };
  });
  const percent = (part: number): string => `${((100 * part) / all).toFixed(2)} %`;
  say(
    table(
      ["agent type", "in the prompt", "found by search", "bytes in the prompt", "share"],
      shares.map((one) => [one.type, String(one.tools), String(one.found), String(one.bytes), percent(one.bytes)]),
    ),
  );
  const most = Math.max(...shares.map((one) => one.bytes));
  say(
    `target: at most ${100 * SHARE_TARGET} % of the definitions: ${percent(most)}, ${verdict(most <= all * SHARE_TARGET)}\n`,
  );

  const built: number[] = [];
  const took: number[] = [];
  // The least of the rounds: what a text costs, without what the machine did beside it.
  const least = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    const fromMs = performance.now();
    const index = searchIndex(capabilities.all);
    built.push(performance.now() - fromMs);
    for (const query of QUERIES) {
      const beganMs = performance.now();
      index.find(query, { limit: 20 });
      const ms = performance.now() - beganMs;
      took.push(ms);
      least.set(query, Math.min(ms, least.get(query) ?? Number.POSITIVE_INFINITY));
    }
  }
  const slowest = Math.max(...least.values());
  say(`index of all, built once a run and worker: ${shown(spreadOf(built), 1)} ms`);
  say(`${QUERIES.length} texts, ${rounds} rounds: median [range] of all searches ${shown(spreadOf(took), 2)} ms`);
  say(
    `target: a search at most ${SEARCH_TARGET_MS} ms: slowest text, best round ${slowest.toFixed(2)} ms, ${verdict(slowest <= SEARCH_TARGET_MS)}`,
  );
}
