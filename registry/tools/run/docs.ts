/** Runs Docs: one full-text index over the sections of the manual, made at its first question. */
import MiniSearch from "minisearch";
import { isPage, isSection, type Manual, type ManualSection, manualOf, pageAsked } from "../../manual.ts";
import type { ToolContext, ToolOutput } from "../../tool.ts";
import type { DocsInput } from "../input/docs.ts";

/** Sections that a search shows, and characters of each and of all. */
const SECTIONS_MAX = 6;
const SECTION_CHARS_MAX = 4_000;
const FOUND_CHARS_MAX = 20_000;
/** Characters of a page, and of one section that was asked for by its name. */
const PAGE_CHARS_MAX = 40_000;

export async function run({ query, page }: DocsInput, { manual: read }: ToolContext): Promise<ToolOutput> {
  if (read === undefined) return { ok: false, text: "The documents of statehive are not at hand here." };
  const manual = manualOf(await read());
  if (page === undefined) return query === undefined ? contents(manual) : found(manual, manual, query);
  const asked = pageAsked(page);
  const ofPage = manual.filter((section) => isPage(section, asked.page));
  if (ofPage.length === 0) return { ok: false, text: `There is no page ${page}. Pages: ${pagesOf(manual).join(", ")}` };
  const sections =
    asked.section === undefined ? ofPage : ofPage.filter((section) => isSection(section, asked.section as string));
  if (sections.length === 0) {
    const headings = ofPage.map(({ heading }) => heading).join("; ");
    return { ok: false, text: `${ofPage[0]?.page} has no section "${asked.section}". Its sections: ${headings}` };
  }
  return query === undefined ? whole(sections) : found(manual, sections, query);
}

const pagesOf = (manual: Manual): string[] => [...new Set(manual.map(({ page }) => page))];

function contents(manual: Manual): ToolOutput {
  const lines = pagesOf(manual).map((page) => {
    const sections = manual.filter((section) => section.page === page);
    const headings = sections.map(({ heading }) => heading).filter((heading) => heading !== sections[0]?.title);
    return `${page}: ${sections[0]?.title}${headings.length === 0 ? "" : ` (${headings.join("; ")})`}`;
  });
  return cut(lines.join("\n"), PAGE_CHARS_MAX, "ask for one page");
}

const headed = ({ page, heading, text }: ManualSection): string => `## ${page} # ${heading}\n${text}`;

const whole = (sections: readonly ManualSection[]): ToolOutput =>
  cut(sections.map(headed).join("\n\n"), PAGE_CHARS_MAX, `ask for one section, as ${sections[0]?.page}#Heading`);

function found(manual: Manual, among: readonly ManualSection[], query: string): ToolOutput {
  const hits = indexOf(manual)
    .search(query)
    .map(({ id }) => manual[id as number] as ManualSection)
    .filter((section) => among.includes(section));
  if (hits.length === 0) {
    return { ok: true, text: `Nothing fits "${query}". Pages: ${pagesOf(among).join(", ")}` };
  }
  const shown = hits.slice(0, SECTIONS_MAX).map((section) => {
    const { text, truncated } = cut(headed(section), SECTION_CHARS_MAX, `page: "${section.page}#${section.heading}"`);
    return { text, truncated };
  });
  const more = hits.slice(SECTIONS_MAX, SECTIONS_MAX + 10).map(({ page, heading }) => `${page}#${heading}`);
  const also = more.length === 0 ? [] : [`[Also: ${more.join("; ")}]`];
  const all = cut([...shown.map(({ text }) => text), ...also].join("\n\n"), FOUND_CHARS_MAX, "ask for one section");
  return { ...all, truncated: all.truncated === true || shown.some(({ truncated }) => truncated === true) };
}

function cut(text: string, charsMax: number, advice: string): ToolOutput {
  if (text.length <= charsMax) return { ok: true, text, truncated: false };
  return {
    ok: true,
    text: `${text.slice(0, charsMax)}\n[cut: ${text.length} characters, ${charsMax} shown; the whole: ${advice}]`,
    truncated: true,
  };
}

type Index = MiniSearch<ManualSection & { readonly id: number }>;
const indexes = new WeakMap<Manual, Index>();

function indexOf(manual: Manual): Index {
  const known = indexes.get(manual);
  if (known !== undefined) return known;
  const index: Index = new MiniSearch({
    fields: ["heading", "title", "page", "text"],
    searchOptions: { boost: { heading: 4, title: 2 }, prefix: true, fuzzy: 0.15 },
  });
  index.addAll(manual.map((section, id) => ({ ...section, id })));
  indexes.set(manual, index);
  return index;
}
