// `swarm doctor --guardrails`: what a user's own settings open is found with file and line, without a Redis and a model.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { documentOf, openSwarm } from "../support/swarm-cli.ts";

interface Document {
  readonly v: 1;
  readonly guardrails: { law: string; state: string; findings: { what: string; why: string; fix: string }[] }[];
}

test("settings that open something end with exit 3 and the rule's place, in 80 columns; mended ones with 0", async () => {
  await using swarm = await openSwarm({ env: { REDIS_URL: undefined, SWARM_REDIS_BIN: "/nowhere/redis-server" } });
  const configure = (permissions: object): void =>
    writeFileSync(join(swarm.cwd, "swarm.config.json"), JSON.stringify({ permissions }));
  configure({ allow: ["Bash(npm test)", "Bash(git push:*)"], deny: ["Bash(npm publish)"] });
  const red = await swarm.ask(["doctor", "--guardrails"]);
  expect(red.code).toBe(3);
  expect(red.stdout).toMatch(/^fails +what destroys is never run unasked\n {2}- allow "Bash\(git push:\*\)"/m);
  expect(red.stdout.replaceAll(/\s+/g, " ")).toMatch(/swarm\.config\.json:1:\d+\) runs unasked: git push --force/);
  expect(Math.max(...red.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);

  configure({ allow: ["Bash(npm test)"], deny: ["Bash(npm publish)"] });
  const green = await swarm.ask(["doctor", "--guardrails", "--json"]);
  const { v, guardrails } = documentOf<Document>(green);
  expect(v).toBe(1);
  expect(guardrails.map(({ law }) => law)).toContain("exhaustion-ends");
  // Whether a rule may run commands depends on the sandbox of this machine; nothing else does.
  const others = guardrails.filter(({ law }) => law !== "commands-confined");
  expect(others.map(({ law, state, findings }) => [law, state, findings])).toEqual(
    others.map(({ law }) => [law, "holds", []]),
  );
  expect(green.code).toBe(guardrails.every(({ state }) => state !== "fails") ? 0 : 3);
});
