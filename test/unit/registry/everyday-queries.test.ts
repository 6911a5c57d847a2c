/** What people and models say when they look for a built-in tool leads to it first. */
import { expect, it } from "vitest";
import { searchIndex } from "../../../registry/index-search.ts";
import { tools } from "../../../registry/tools/index.ts";

const index = searchIndex(tools);

it.each([
  ["find text in files", "Grep"],
  ["search for a string in the code", "Grep"],
  ["grep", "Grep"],
  ["regex search", "Grep"],
  ["where is this used: find references", "Grep"],
  ["search file contents", "Grep"],
  ["find files by name", "Glob"],
  ["list all files in a directory", "Glob"],
  ["list files", "Glob"],
  ["ls", "Glob"],
  ["read a file", "Read"],
  ["open file", "Read"],
  ["cat", "Read"],
  ["show me the file", "Read"],
  ["view the lines of a file", "Read"],
  ["edit a file", "Edit"],
  ["replace text in a file", "Edit"],
  ["change one line", "Edit"],
  ["modify existing code", "Edit"],
  ["create a new file", "Write"],
  ["write a file", "Write"],
  ["overwrite", "Write"],
  ["save content to a file", "Write"],
  ["run a command", "Bash"],
  ["execute shell script", "Bash"],
  ["run the tests", "Bash"],
  ["terminal", "Bash"],
  ["git", "Bash"],
  ["npm install", "Bash"],
  ["download a web page", "WebFetch"],
  ["fetch url", "WebFetch"],
  ["http request", "WebFetch"],
  ["browse the internet", "WebFetch"],
  ["find function definitions", "AstSearch"],
  ["search code by syntax structure", "AstSearch"],
  ["open a skill", "Skill"],
  ["instructions for this kind of task", "Skill"],
  ["more tools", "ToolSearch"],
  ["find a tool", "ToolSearch"],
  ["finish the task", "Report"],
  ["report the result", "Report"],
  ["statehive manual", "Docs"],
  ["which primitives does a harness have", "Probe"],
])("%s: %s", (query, name) => {
  expect(index.find(query, { limit: 3 }).map((tool) => tool.name)[0]).toBe(name);
});

it("every built-in tool has words of its own", () => {
  const wordless = tools.filter(({ words = [] }) => words.length === 0);
  expect(wordless.map(({ name }) => name)).toEqual([]);
});
