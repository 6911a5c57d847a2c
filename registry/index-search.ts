/**
 * The index: words and categories to entries of the registry. Held in memory and built once per set of entries; equal
 * entries and words give an equal order, whatever order they came in.
 */
import MiniSearch from "minisearch";

/** What is looked at of an entry: tools, commands, skills and agent types alike. */
export interface Findable {
  readonly name: string;
  readonly category: string;
  readonly summary: string;
  readonly words?: readonly string[];
  readonly description?: string;
}

export interface FindOptions {
  /** At most so many. Default and ceiling {@link FOUND_MAX}. */
  readonly limit?: number;
  readonly category?: string;
  /** Others are passed over as if they were not there. */
  readonly among?: (name: string) => boolean;
}

export interface SearchIndex<Entry extends Findable> {
  /** Best match first, equal ones by name. Nothing for a query without words. */
  find(query: string, options?: FindOptions): readonly Entry[];
}

const FOUND_MAX = 100;
/** Of a query: what is beyond is not looked at. */
const QUERY_CHARS_MAX = 400;
const TERMS_MAX = 16;
/** Of a description that is indexed, in UTF-16 units: its beginning says what a tool is for. */
const DESCRIPTION_CHARS_MAX = 4_000;
/** Words shorter than this are taken as they stand: everything short is like everything else. */
const FUZZY_CHARS_MIN = 5;
const FUZZY = 0.2;
const PREFIX_CHARS_MIN = 3;
/** In every sentence, and about nothing. */
const SMALL_WORDS: ReadonlySet<string> = new Set(
  "a an and any are as at be by can do does every for from get give how i in into is it its me my of on one or please some that the them then there this to up want what which with within you your".split(
    " ",
  ),
);

const FIELDS = ["name", "words", "summary", "category", "description"] as const;
const WEIGHTS = { name: 5, words: 3, summary: 2, category: 1, description: 1 };

/** Two entries of one name: the first counts. */
export function searchIndex<Entry extends Findable>(entries: readonly Entry[]): SearchIndex<Entry> {
  const byName = new Map<string, Entry>();
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  const index = new MiniSearch<{ name: string }>({
    idField: "name",
    fields: [...FIELDS],
    tokenize: termsOf,
    processTerm: wordOf,
  });
  // The library keeps running averages: their last digits depend on the order of adding, so it is one and the same.
  index.addAll([...byName.values()].sort(byNameOrder).map(fieldsOf));
  return {
    find(query, { limit = FOUND_MAX, category, among = () => true } = {}) {
      const terms = [
        ...new Set(termsOf(query.slice(0, QUERY_CHARS_MAX)).filter((term) => wordOf(term) !== null)),
      ].slice(0, TERMS_MAX);
      if (terms.length === 0) return [];
      const found = index.search(terms.join(" "), {
        boost: WEIGHTS,
        prefix: (term) => term.length >= PREFIX_CHARS_MIN,
        fuzzy: (term) => (term.length >= FUZZY_CHARS_MIN ? FUZZY : false),
        filter: ({ id }) => among(id) && (category === undefined || byName.get(id)?.category === category),
      });
      return (
        found
          // What has more of the words goes before what has one of them often.
          .sort((a, b) => b.queryTerms.length - a.queryTerms.length || b.score - a.score || (a.id < b.id ? -1 : 1))
          .slice(0, Math.min(limit, FOUND_MAX))
          .flatMap(({ id }) => byName.get(id) ?? [])
      );
    },
  };
}

const byNameOrder = (a: Findable, b: Findable): number => (a.name < b.name ? -1 : 1);

function fieldsOf({
  name,
  words = [],
  summary,
  category,
  description = "",
}: Findable): Record<string, string> & { name: string } {
  return { name, words: words.join(" "), summary, category, description: description.slice(0, DESCRIPTION_CHARS_MAX) };
}

/** Words as people write them: parts of snake_case, kebab-case and camelCase names, and the camelCase name itself. */
function termsOf(text: string): string[] {
  return text.split(/[^\p{L}\p{N}]+/u).flatMap((word) => {
    if (word === "") return [];
    const parts = word.split(/(?<=\p{Ll}|\p{N})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u);
    return parts.length === 1 ? [word] : [word, ...parts];
  });
}

/** As it is compared: in lower case, without the s of most plurals; null for a word that says nothing. */
function wordOf(term: string): string | null {
  const word = term.toLowerCase();
  if (SMALL_WORDS.has(word)) return null;
  return word.length > 3 && /[^s]s$/.test(word) ? word.slice(0, -1) : word;
}
