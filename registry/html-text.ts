/**
 * What a reader sees of an HTML page, as plain text: headings, lists, links and tables keep their shape; scripts, styles
 * and what the page itself says is invisible are left out. Streaming, so that a hostile page costs no more than its size.
 */
import { Parser } from "htmlparser2";

export interface PageText {
  readonly title: string;
  readonly text: string;
  /** The page was too deep or too long to be read to its end. */
  readonly cut: boolean;
}

/** Elements inside each other; browsers stop in this neighbourhood too, and a parser's work grows with it. */
const DEPTH_MAX = 512;
const LINK_CHARS_MAX = 500;

/** Their content is no text of the page. */
const UNSEEN = new Set(
  "script style template noscript iframe object embed svg math canvas audio video select datalist dialog".split(" "),
);
const BLOCKS = new Set(
  "address article aside blockquote body br caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead tr ul".split(
    " ",
  ),
);
const SPACED = new Set("h1 h2 h3 h4 h5 h6 p pre table ul ol blockquote".split(" "));

/** Pure. `base` makes links whole; `charsMax` bounds the text. */
export function pageText(html: string, base: string, charsMax: number): PageText {
  const out = writer(charsMax);
  let depth = 0;
  /** Depth of the outermost element that is not shown; 0: everything is. */
  let hiddenAt = 0;
  let titleDepth = 0;
  let title = "";
  let pre = 0;
  const links: string[] = [];
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth += 1;
        if (depth > DEPTH_MAX) throw new TooDeep();
        if (hiddenAt > 0) return;
        if (name === "title" && title === "") titleDepth = depth;
        if (UNSEEN.has(name) || isHidden(attributes)) {
          hiddenAt = depth;
          return;
        }
        if (name === "pre") pre += 1;
        if (BLOCKS.has(name)) out.line(SPACED.has(name));
        if (/^h[1-6]$/.test(name)) out.add(`${"#".repeat(Number(name[1]))} `);
        if (name === "li") out.add("- ");
        if (name === "td" || name === "th") out.cell();
        if (name === "img" && attributes.alt) out.words(`[image: ${attributes.alt}]`);
        if (name === "a") links.push(linkOf(attributes.href, base));
      },
      ontext(text) {
        if (titleDepth > 0) title += text;
        else if (hiddenAt === 0) {
          if (pre > 0) out.add(text);
          else out.words(text);
        }
      },
      onclosetag(name) {
        if (hiddenAt === 0) {
          if (name === "a") {
            const link = links.pop();
            if (link) out.add(` (${link})`);
          }
          if (name === "pre") pre -= 1;
          if (BLOCKS.has(name)) out.line(SPACED.has(name));
        }
        if (depth === titleDepth) titleDepth = 0;
        if (depth === hiddenAt) hiddenAt = 0;
        depth -= 1;
      },
    },
    { decodeEntities: true, lowerCaseTags: true },
  );
  // In pieces, so that what is too deep or too long ends the work.
  let tooDeep = false;
  try {
    for (let at = 0; at < html.length && !out.full(); at += PIECE_CHARS) parser.write(html.slice(at, at + PIECE_CHARS));
    if (!out.full()) parser.end();
  } catch (cause) {
    if (!(cause instanceof TooDeep)) throw cause;
    tooDeep = true;
  }
  const cut = tooDeep || out.full();
  return { title: title.replace(/\s+/g, " ").trim().slice(0, 300), text: out.text(), cut };
}

const PIECE_CHARS = 65_536;

class TooDeep extends Error {}

/** Said by the element itself; what a style sheet hides is not known here. */
function isHidden(attributes: Readonly<Record<string, string>>): boolean {
  const { hidden, style, type } = attributes;
  if (hidden !== undefined && hidden.toLowerCase() !== "until-found") return true;
  if (attributes["aria-hidden"]?.toLowerCase() === "true" || type?.toLowerCase() === "hidden") return true;
  if (style === undefined) return false;
  const said = style
    .toLowerCase()
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/\s+/g, "");
  return /(^|;)(display:none|visibility:(hidden|collapse)|opacity:0*\.?0*(;|!|$)|font-size:0*\.?0*(px|em|rem|pt|%)?(;|!|$)|content-visibility:hidden)/.test(
    said,
  );
}

function linkOf(href: string | undefined, base: string): string {
  if (href === undefined || href.startsWith("#") || !URL.canParse(href, base)) return "";
  const { protocol, href: whole } = new URL(href, base);
  return (protocol === "http:" || protocol === "https:") && whole.length <= LINK_CHARS_MAX ? whole : "";
}

function writer(charsMax: number) {
  const parts: string[] = [];
  let chars = 0;
  /** What the text ends with: nothing to join, a space to come, or so many line ends. */
  let space = false;
  let lineEnds = 2;
  const add = (text: string): void => {
    if (text === "") return;
    parts.push(text);
    chars += text.length;
    space = false;
    lineEnds = text.endsWith("\n") ? 1 : 0;
  };
  return {
    add,
    words(text: string): void {
      const joined = text.replace(/[\s\u00a0]+/g, " ");
      const body = joined.trim();
      if (body === "") {
        space ||= joined !== "";
        return;
      }
      const lead = (space || joined.startsWith(" ")) && lineEnds === 0 ? " " : "";
      add(lead + body);
      space = joined.endsWith(" ");
    },
    line(spaced: boolean): void {
      const wanted = spaced ? 2 : 1;
      if (parts.length === 0) return;
      while (lineEnds < wanted) {
        parts.push("\n");
        chars += 1;
        lineEnds += 1;
      }
      space = false;
    },
    cell(): void {
      if (lineEnds === 0) add(" | ");
    },
    full: () => chars > charsMax,
    text: () => parts.join("").slice(0, charsMax).trim(),
  };
}
