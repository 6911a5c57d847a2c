// Docs shows the documents of this installation: what is searched is found with its page and heading, what is cut says so,
// and nothing but those documents can be asked for.

import { describe, expect, test } from "vitest";
import { readManual } from "../../../../infra/manual.ts";
import { citationProblems, manualOf } from "../../../../registry/manual.ts";
import type { ToolOutput } from "../../../../registry/tool.ts";
import { docs as declaration } from "../../../../registry/tools/docs.ts";
import { run } from "../../../../registry/tools/run/docs.ts";

const docs = async (input: object, manual: typeof readManual | undefined = readManual): Promise<ToolOutput> =>
  run(declaration.input.parse(input), {
    box: null as never,
    signal: new AbortController().signal,
    ...(manual === undefined ? {} : { manual }),
  });
const own = (text: string) => manualOf([{ page: "one.md", text }]);

describe("Docs", () => {
  test("finds the section that is about it, first, with page and heading", async () => {
    const { text } = await docs({ query: "how is a call judged by the permission rules" });
    expect(text.split("\n")[0]).toBe("## permissions.md # How a call is judged");
    expect(text).toContain("`--deny-tool` did not take it away");
  });

  test("lists the pages where nothing is asked, README among them", async () => {
    const { text } = await docs({});
    expect(text).toMatch(/^README\.md: /m);
    expect(text).toMatch(/^permissions\.md: Permissions \(.*Rules.*\)$/m);
  });

  test("every page it lists can be read, and every section of it by its own name", async () => {
    const manual = manualOf(await readManual());
    expect(manual.length).toBeGreaterThan(60);
    for (const page of new Set(manual.map((section) => section.page))) expect((await docs({ page })).ok).toBe(true);
    for (const { page, heading } of manual) {
      const { ok, text, truncated } = await docs({ page: `${page}#${heading}` });
      expect([page, heading, ok, truncated]).toEqual([page, heading, true, false]);
      expect(text).toContain(`## ${page} # ${heading}`);
    }
  });

  test("a page is also found by its path, without its ending, and by an anchor", async () => {
    const section = (await docs({ page: "permissions.md#Try it" })).text;
    expect((await docs({ page: "docs/permissions.md#try-it" })).text).toBe(section);
    expect((await docs({ page: "Permissions#Try it" })).text).toBe(section);
  });

  test("what does not exist is refused with what there is; nothing outside of the documents has a name", async () => {
    for (const page of ["../package.json", "/etc/passwd", "decisions/0001-toolchain.md", "nope.md"]) {
      const { ok, text } = await docs({ page });
      expect([page, ok, text.includes("operating.md")]).toEqual([page, false, true]);
    }
    expect(await docs({ page: "permissions.md#Nope" })).toMatchObject({ ok: false });
    expect((await docs({ query: "zzzzqqqqxxxx" })).text).toContain("Nothing fits");
  });

  test("a long page is cut, says so, and names the way to the rest", async () => {
    const manual = async () => [{ page: "long.md", text: `# Long\n\n${"words and words\n".repeat(5_000)}` }];
    const { text, truncated } = await docs({ page: "long.md" }, manual);
    expect(truncated).toBe(true);
    expect(text.length).toBeLessThan(40_200);
    expect(text).toContain("[cut: ");
    const found = await docs({ query: "words" }, manual);
    expect([found.truncated, found.text.length < 4_300]).toEqual([true, true]);
  });

  test("where there are no documents it says so", async () => {
    expect(await run({}, { box: null as never, signal: new AbortController().signal })).toMatchObject({ ok: false });
  });
});

describe("a citation", () => {
  const manual = own(
    "# One\n\nIntro text here.\n\n## Rules of `x`\n\nA line that\nis **broken** in two.\n\n```\n## no heading\n```\n",
  );
  const cited = (section: string, quote: string, page = "one.md") =>
    citationProblems(manual, [{ page, section, quote }]);
  test("holds where its words stand in that section, however they are broken or marked", () => {
    expect(cited("Rules of x", "A line that is broken in two.")).toEqual([]);
    expect(cited("## Rules of `x`", "line that\n  is broken", "docs/One.md")).toEqual([]);
    expect(cited("One", "Intro text here.")).toEqual([]);
  });
  test("does not hold in another section or page, or with a word changed", () => {
    expect(cited("One", "A line that is broken in two.")).toEqual([
      'pages[0]: the quote does not stand in one.md, "One"',
    ]);
    expect(cited("Rules of x", "A line that is whole in two.")).toHaveLength(1);
    expect(cited("no heading", "A line that is broken")).toEqual(['pages[0]: one.md has no section "no heading"']);
    expect(cited("One", "Intro text here.", "two.md")).toEqual(["pages[0]: there is no page two.md"]);
  });
});
