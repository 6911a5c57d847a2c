/** Laws of the index: what is found, in which order, and what a query cannot do. */
import { expect, it } from "vitest";
import { capabilitiesFrom } from "../../../actors/runtime/capabilities.ts";
import { type Findable, searchIndex } from "../../../registry/index-search.ts";
import { manyTools } from "../../support/many-tools.ts";

const entry = (name: string, summary: string, over: Partial<Findable> = {}): Findable => ({
  name,
  summary,
  category: "files",
  ...over,
});
const entries = [
  entry("Read", "Numbered lines of one file"),
  entry("WebFetch", "The text of one web page", { category: "network", words: ["url", "download"] }),
  entry("mcp__tracker__create_issue", "Opens a ticket", { category: "plugin", description: "Files a bug report." }),
  entry("mcp__tracker__list_issues", "Tickets of a project", { category: "plugin" }),
];
const names = (query: string, options?: Parameters<ReturnType<typeof searchIndex>["find"]>[1]) =>
  searchIndex(entries)
    .find(query, options)
    .map(({ name }) => name);

it("parts of a name, other words, summary, description and category all lead to an entry", () => {
  expect(names("fetch")).toEqual(["WebFetch"]);
  expect(names("webfetch")[0]).toBe("WebFetch");
  expect(names("download")).toEqual(["WebFetch"]);
  expect(names("numbered")).toEqual(["Read"]);
  expect(names("bug")).toEqual(["mcp__tracker__create_issue"]);
  expect(names("network")).toEqual(["WebFetch"]);
  expect(names("create issue")[0]).toBe("mcp__tracker__create_issue");
});

it("the beginning of a word and a letter too many find it as well", () => {
  expect(names("numb")).toEqual(["Read"]);
  expect(names("downlaod")).toEqual(["WebFetch"]);
  expect(names("trackr")).toEqual(["mcp__tracker__create_issue", "mcp__tracker__list_issues"]);
});

it("a category and a choice of names narrow what is found, and the limit cuts its end", () => {
  expect(names("tracker", { category: "plugin" })).toHaveLength(2);
  expect(names("tracker", { category: "files" })).toEqual([]);
  expect(names("tracker", { among: (name) => name.endsWith("s") })).toEqual(["mcp__tracker__list_issues"]);
  expect(names("tracker", { limit: 1 })).toHaveLength(1);
});

it("equal entries are found in equal order, whatever order they came in", () => {
  const all = capabilitiesFrom(manyTools(300)).all;
  const orders = [all, [...all].reverse(), [...all].sort((a, b) => (a.description < b.description ? 1 : -1))].map(
    (some) =>
      searchIndex(some)
        .find("list issues of a project", { limit: 50 })
        .map(({ name }) => name),
  );
  expect(orders[0]).toHaveLength(50);
  expect(orders[1]).toEqual(orders[0]);
  expect(orders[2]).toEqual(orders[0]);
});

it("of two entries of one name the first counts", () => {
  const [found, ...more] = searchIndex([entry("One", "the first"), entry("One", "the other first")]).find("first");
  expect(found?.summary).toBe("the first");
  expect(more).toEqual([]);
});

it("a query without words finds nothing, and one without end is cut", () => {
  expect(names("")).toEqual([]);
  expect(names(" \n-_*( ")).toEqual([]);
  expect(names("constructor __proto__ hasOwnProperty")).toEqual([]);
  expect(names(`read ${"x".repeat(1_000_000)}`)).toEqual(["Read"]);
});
