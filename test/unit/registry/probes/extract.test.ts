/** Facts of one file: what is code and what is not, and where things are. */
import { expect, test } from "vitest";
import { extract } from "../../../../registry/probes/source/extract.ts";
import { functionAt, lineOf, quoteOf } from "../../../../registry/probes/source/facts.ts";

const typescript = `// budget é😀
import { a } from "a";
const send = async (text: string) => { return client.messages.create({ text }); };
class Store {
  async save(entry: Entry): Promise<void> {
    if (entry.cost > limit) throw new Error("over the cost limit, and this is a long sentence about it");
    await this.db.put(\`key \${entry.id}\`, "tool_use");
  }
}
`;

const python = `"""Docstring about permission."""
class Store:
    def save(self, entry):
        # deny
        if entry.cost > self.limit:
            raise ValueError(f"over {entry.cost}")
        elif entry.done:
            return None
        self.db.put("tool_use", entry)
`;

test("comments and strings leave the code, and every offset stays true", async () => {
  for (const [path, source, language] of [
    ["a.ts", typescript, "typescript"],
    ["a.py", python, "python"],
  ] as const) {
    const { code, text } = await extract(path, source, language, "product");
    expect(code.length).toBe(source.length);
    expect(text.length).toBe(source.length);
    expect(code).not.toMatch(/budget|Docstring|permission|deny|tool_use/);
    expect(text).toContain('"tool_use"');
    expect(text).not.toMatch(/budget|Docstring|deny/);
    expect(code.indexOf("class Store")).toBe(source.indexOf("class Store"));
  }
});

test("what a string computes is still code", async () => {
  const script = await extract("a.ts", typescript, "typescript", "product");
  expect(script.code).toMatch(/\$\{entry\.id\}/);
  const module = await extract("a.py", python, "python", "product");
  expect(module.code).toContain("{entry.cost}");
});

test("functions carry their name and class, arrow functions the name they are given", async () => {
  const { functions } = await extract("a.ts", typescript, "typescript", "product");
  expect(functions.map(({ owner, name }) => `${owner}.${name}`)).toEqual([".send", "Store.save"]);
  const module = await extract("a.py", python, "python", "product");
  expect(module.functions.map(({ owner, name }) => `${owner}.${name}`)).toEqual(["Store.save"]);
});

test("a branch knows its condition, and what leaves inside its body", async () => {
  for (const [path, source, language] of [
    ["a.ts", typescript, "typescript"],
    ["a.py", python, "python"],
  ] as const) {
    const facts = await extract(path, source, language, "product");
    const [branch] = facts.branches;
    expect(branch).toBeDefined();
    if (!branch) return;
    expect(facts.code.slice(branch.condition.start, branch.condition.end)).toContain("entry.cost >");
    const inside = facts.exits.filter(({ start, end }) => branch.body.start <= start && end <= branch.body.end);
    expect(inside.map(({ kind }) => kind)).toEqual(["throw"]);
  }
});

test("calls carry their callee as written", async () => {
  const { calls } = await extract("a.ts", typescript, "typescript", "product");
  expect(calls.map(({ callee }) => callee)).toEqual(["client.messages.create", "new Error", "this.db.put"]);
});

test("an offset gives its line, its quote and its function", async () => {
  const facts = await extract("a.ts", typescript, "typescript", "product");
  const offset = typescript.indexOf("this.db");
  expect(lineOf(facts, offset)).toBe(7);
  expect(quoteOf(facts, 7)).toBe(typescript.split("\n")[6]?.trim());
  expect(quoteOf(facts, 7)).toMatch(/^await this\.db\.put/);
  expect(functionAt(facts, offset)?.name).toBe("save");
  expect(quoteOf(facts, 99)).toBe("");
});

test("a file with broken syntax still gives its readable parts", async () => {
  const broken = `export function fine() { return call(1); }\nclass {{{ oops\n`;
  const { functions } = await extract("a.ts", broken, "typescript", "product");
  expect(functions.map(({ name }) => name)).toContain("fine");
});
