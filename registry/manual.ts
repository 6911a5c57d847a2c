/**
 * The program's own documents, taken apart at their headings: what Docs searches, and what a machine compares a guide's
 * quotes with. Pure; where the texts come from is not its concern.
 */

export interface ManualPage {
  /** `README.md`, `operating.md`. */
  readonly page: string;
  readonly text: string;
}

export interface ManualSection {
  readonly page: string;
  /** Of the page. */
  readonly title: string;
  /** The page's title where the text stands before the first heading below it. */
  readonly heading: string;
  /** Without the heading itself. */
  readonly text: string;
}

export interface Citation {
  readonly page: string;
  readonly section: string;
  readonly quote: string;
}

export type Manual = readonly ManualSection[];

const HEADING = /^#{1,4} +(.+?) *#*$/;
const FENCE = /^ {0,3}(```|~~~)/;

const known = new WeakMap<readonly ManualPage[], Manual>();

/** Taken apart once per list of pages. */
export function manualOf(pages: readonly ManualPage[]): Manual {
  const manual = known.get(pages) ?? pages.flatMap(sectionsOf);
  known.set(pages, manual);
  return manual;
}

function sectionsOf({ page, text }: ManualPage): ManualSection[] {
  const found: { heading: string; lines: string[] }[] = [];
  let fenced = false;
  for (const line of text.split(/\r?\n/)) {
    if (FENCE.test(line)) fenced = !fenced;
    const heading = fenced ? undefined : HEADING.exec(line)?.[1];
    if (heading !== undefined) found.push({ heading: plain(heading), lines: [] });
    else if (found.length > 0) found.at(-1)?.lines.push(line);
    else if (line.trim() !== "") found.push({ heading: page, lines: [line] });
  }
  const title = found[0]?.heading ?? page;
  return found
    .map(({ heading, lines }) => ({ page, title, heading, text: lines.join("\n").trim() }))
    .filter((section) => section.text !== "");
}

/** A page as it is asked for: with or without `docs/`, in any case, perhaps with a section behind a `#`. */
export function pageAsked(asked: string): { readonly page: string; readonly section: string | undefined } {
  const [page = "", ...section] = asked.split("#");
  return {
    page: page
      .trim()
      .replace(/^(\.\/)?docs\//i, "")
      .toLowerCase(),
    section: section.length === 0 ? undefined : section.join("#"),
  };
}

export const isPage = ({ page }: ManualSection, asked: string): boolean => {
  const name = page.toLowerCase();
  return name === asked || name === `${asked}.md`;
};

/** By its words: a heading is found by its anchor as well (`## What no rule opens`, `what-no-rule-opens`). */
export const isSection = ({ heading }: ManualSection, asked: string): boolean =>
  wordsOf(heading) === wordsOf(asked.replace(/^#+/, ""));

const wordsOf = (text: string): string =>
  plain(text)
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .join(" ");

/** What is wrong with each citation: no such page, no such section, or the quote does not stand there. */
export function citationProblems(manual: Manual, citations: readonly Citation[]): string[] {
  return citations.flatMap(({ page, section, quote }, index) => {
    const asked = pageAsked(page).page;
    const ofPage = manual.filter((one) => isPage(one, asked));
    if (ofPage.length === 0) return [`pages[${index}]: there is no page ${page}`];
    const sections = ofPage.filter((one) => isSection(one, section));
    if (sections.length === 0) return [`pages[${index}]: ${page} has no section "${section}"`];
    if (sections.some(({ text }) => spaced(text).includes(spaced(quote)))) return [];
    return [`pages[${index}]: the quote does not stand in ${page}, "${section}"`];
  });
}

/** Line breaks and marks of emphasis are the document's form, not its words. */
const spaced = (text: string): string => plain(text).replace(/\s+/g, " ").trim();

const plain = (text: string): string => text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "");
