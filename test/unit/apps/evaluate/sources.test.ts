// What a reader of the report can open: the lines around a finding as they are now, and its page at the commit.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { assess } from "../../../../apps/cli/evaluate/assess.ts";
import { contextsOf } from "../../../../apps/cli/evaluate/context-lines.ts";
import { renderHtml } from "../../../../apps/cli/evaluate/render-html.ts";
import { linksOf, NO_LINKS } from "../../../../apps/cli/evaluate/source-links.ts";
import { claim, finding, run, verdict } from "./claims.ts";

let target: string;
beforeEach(() => {
  target = realpathSync(mkdtempSync(join(tmpdir(), "statehive-sources-")));
  mkdirSync(join(target, "src"));
  const lines = Array.from(
    { length: 30 },
    (_, index) => `const line${index + 1} = true;${index === 11 ? " <script>" : ""}`,
  );
  writeFileSync(join(target, "src/loop.ts"), `${lines.join("\n")}\n`);
});
afterEach(() => rmSync(target, { recursive: true, force: true }));

const evaluation = (...findings: ReturnType<typeof finding>[]) => {
  const claimed = claim("token-budget", { findings });
  return { ...assess(run([claimed, verdict(claimed)])), target };
};
const facts = {
  runId: "r_1",
  usage: {
    ...{ modelCalls: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 0 },
    costUsd: null,
  },
};

describe("the lines around a finding", () => {
  test("are there where its quote still stands, and can be opened without a script", () => {
    const contexts = contextsOf(evaluation(finding(10)));
    expect(contexts.get("src/loop.ts:10")).toEqual({
      from: 6,
      lines: Array.from({ length: 9 }, (_, index) => `const line${index + 6} = true;${index === 6 ? " <script>" : ""}`),
    });
    const page = renderHtml(evaluation(finding(10)), facts, undefined, { contexts, linkOf: NO_LINKS });
    expect(page).toMatch(
      /<details><summary>.*src\/loop\.ts:10.*<\/summary><pre class="context" role="group" tabindex="0"/s,
    );
    expect(page).toContain('<span class="row on"><i>10</i>const line10 = true;');
    expect(page).toContain("const line12 = true; &lt;script&gt;");
  });

  test("are left out where the file has changed, is gone, is too large or lies elsewhere", () => {
    const outside = mkdtempSync(join(tmpdir(), "statehive-outside-"));
    writeFileSync(join(outside, "key"), "const line1 = true;\n");
    symlinkSync(join(outside, "key"), join(target, "src/link.ts"));
    writeFileSync(join(target, "src/big.ts"), `const line1 = true;\n${"x".repeat(1_100_000)}`);
    const gone = ["src/none.ts", "src/link.ts", "src/big.ts", "../key", "src"].map((path) => finding(1, { path }));
    expect(contextsOf(evaluation(finding(10, { quote: "it was otherwise" }), ...gone))).toEqual(new Map());
    rmSync(outside, { recursive: true });
  });
});

describe("the page of a line", () => {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const clone = (url: string, head = commit): void => {
    mkdirSync(join(target, ".git"), { recursive: true });
    writeFileSync(
      join(target, ".git/config"),
      `[core]\n\tbare = false\n[remote "origin"]\n\turl = ${url}\n\tfetch = x\n`,
    );
    writeFileSync(join(target, ".git/HEAD"), `${head}\n`);
  };

  test.each([
    ["https://github.com/one/two.git", `https://github.com/one/two/blob/${commit}/src/a%20b.ts#L7`],
    ["git@github.com:one/two.git", `https://github.com/one/two/blob/${commit}/src/a%20b.ts#L7`],
    ["ssh://git@gitlab.com/group/sub/two", `https://gitlab.com/group/sub/two/-/blob/${commit}/src/a%20b.ts#L7`],
    ["https://user:secret@github.com/one/two", `https://github.com/one/two/blob/${commit}/src/a%20b.ts#L7`],
  ])("of a clone of %s is at the commit that is checked out, and never carries a password", (url, address) => {
    clone(url);
    expect(linksOf(target)("src/a b.ts", 7)).toBe(address);
  });

  test("is found from a folder in the clone, by a branch that is packed", () => {
    clone("https://github.com/one/two", "ref: refs/heads/main");
    writeFileSync(join(target, ".git/packed-refs"), `# pack-refs\n${commit} refs/heads/main\n`);
    expect(linksOf(join(target, "src"))("loop.ts", 3)).toBe(`https://github.com/one/two/blob/${commit}/src/loop.ts#L3`);
  });

  test("is nowhere without a clone, on a host that nobody knows, or with a config that would lead astray", () => {
    expect(linksOf(target)("a.ts", 1)).toBeNull();
    for (const url of [
      "https://evil.example/one/two",
      "javascript:alert(1)//github.com/",
      "https://github.com",
      "/srv/git/x.git",
    ]) {
      clone(url);
      expect(linksOf(target)("a.ts", 1)).toBeNull();
    }
    clone("https://github.com/one/two", "ref: refs/../../../etc/passwd");
    expect(linksOf(target)("a.ts", 1)).toBeNull();
  });
});
