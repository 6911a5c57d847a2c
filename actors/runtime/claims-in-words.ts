/**
 * Claims of work in the words of a summary: that files were changed, that tests pass, that a command was run. Only what
 * says so plainly and of the agent itself is one; what denies, describes, quotes or supposes is none. Pure, and in time
 * linear to the text.
 */

export interface WordClaim {
  readonly sentence: string;
  /** How many edits it claims; null where it names no number. */
  readonly count: number | null;
}

export interface RunClaim {
  readonly sentence: string;
  readonly command: string;
}

export interface WordClaims {
  readonly edits: readonly WordClaim[];
  readonly passes: readonly WordClaim[];
  readonly runs: readonly RunClaim[];
}

/** Clauses that are looked at, at most, and characters of each. */
const CLAUSES_MAX = 500;
const CLAUSE_CHARS_MAX = 600;
/** Of a sentence, as it is shown. */
const SHOWN_CHARS_MAX = 160;

/**
 * `alone`: the task stands on nobody else's results. Then a sentence without a subject ("Fixed the loop.") speaks of the
 * agent; otherwise it may tell what others did.
 */
export function claimsInWords(summary: string, { alone }: { readonly alone: boolean }): WordClaims {
  const edits: WordClaim[] = [];
  const passes: WordClaim[] = [];
  const runs: RunClaim[] = [];
  for (const clause of clausesOf(summary, alone)) {
    const shown = clause.text.length > SHOWN_CHARS_MAX ? `${clause.text.slice(0, SHOWN_CHARS_MAX)}…` : clause.text;
    const edit = editIn(clause);
    if (edit !== null) edits.push({ sentence: shown, count: edit.count });
    if (saysPassing(clause)) passes.push({ sentence: shown, count: null });
    runs.push(...commandsIn(clause).map((command) => ({ sentence: shown, command })));
  }
  return { edits, passes, runs };
}

interface Clause {
  readonly text: string;
  /** The text is about the agent's own work: nobody else's, and no history. */
  readonly ofOwn: boolean;
  /** Without a subject it speaks of the agent; an item of a list may be anything. */
  readonly elliptic: boolean;
}

/** Quoted words are somebody else's; a question and a block of code claim nothing. */
function clausesOf(summary: string, alone: boolean): readonly Clause[] {
  const text = summary.replace(/```[\s\S]*?(?:```|$)/g, " ").replace(/"[^"\n]*"|“[^”\n]*”/g, "…");
  const ofOwn = alone && !HISTORY.test(text);
  const clauses: Clause[] = [];
  for (const line of text.split("\n")) {
    const item = /^\s*(?:[-*•]|\d+[.)])\s+/.exec(line)?.[0] ?? "";
    const parts = line
      .slice(item.length)
      .split(/(?<=[.!?;])\s+|,\s+but\s+|\s+[–—]\s+/)
      .map((part) => part.trim());
    for (const part of parts) {
      if (part === "" || part.endsWith("?") || part.length > CLAUSE_CHARS_MAX) continue;
      clauses.push({ text: part, ofOwn, elliptic: ofOwn && item === "" });
      if (clauses.length >= CLAUSES_MAX) return clauses;
    }
  }
  return clauses;
}

/** A text about what others did to a project over time. */
const HISTORY = /\b(?:changelog|release notes?|releases?|released|commits?|git log|history|upstream)\b|\bv\d+\.\d/i;
/** What is wished, supposed, advised or told by somebody else is no claim. */
const SUPPOSED =
  /\b(?:would|should|could|might|may|must|will|shall|cannot|can't|couldn't|needs?|if|unless|whether|hypothetical(?:ly)?|suppose|imagine|in my head|mentally|propos\w*|suggest\w*|recommend\w*|plans?|planned|intend\w*|want\w*|tried|attempt\w*|refused|denied|fail(?:s|ed|ing)? to|claims?|claimed|says?|said|stated?s?|according|reported(?:ly)?|supposed(?:ly)?|expect\w*|requires?|ensures?|make sure|for example|e\.g\.)\b/i;
const NEGATED = /\b(?:no|not|never|none|nothing|neither|nor|without|cannot|unable|nobody|hardly|zero|0)\b|n['’]t\b/i;

const LEAD = String.raw`^(?:(?:then|next|finally|also|first|second|afterwards|now|so|done|result|summary|fixed it)\s*[,:]\s*)*`;
const OWN = String.raw`(?:(?:^|[,:;(–—]\s*|\b(?:and|then|so|here|because)\s+)(?:i|we)(?:['’]ve|\s+have)?\s+(?:(?:also|then|now|just|already|successfully|carefully|first|finally)\s+)*)`;
const VERB =
  "(?:fixed|edited|changed|updated|added|removed|deleted|renamed|rewrote|refactored|replaced|modified|implemented|created|wrote|patched|corrected|inserted)";
/** What an agent writes into its report is no file. */
const OF_THE_REPORT =
  "(?!(?:(?:an?|the|this|my|our|one|short|brief|full|small)\\s+)*(?:summary|list|overview|plan|report|table|notes?|answer|explanation|description|outline|analysis|count|sum|mind|numbers?|values?|figures?|totals?|up)\\b)";
const FILE = "`[^`\\n]+`|[\\w@-]*[\\w/-]+\\.[a-z]{1,5}\\b|[\\w.-]+/[\\w./-]+";
const CODE =
  "(?:bugs?|typos?|errors?|issues?|crash(?:es)?|defects?|failures?|tests?|functions?|methods?|class(?:es)?|files?|codebase|code|scripts?|imports?|config(?:uration)?|lines?|modules?|checks?|guards?|conditions?|handlers?|implementation|documentation|docs|readme|comments?|dependenc(?:y|ies)|off-by-one|loops?|regex|exports?|types?|variables?|constants?|parameters?|signs?|operators?)\\b";
const REACH = "(?:[\\w'’-]+\\s+){0,5}?";
const DETERMINER = "(?:the|an?|this|that|these|those|all|both|its|their|one|two|three|four|five|\\d+)\\s+";

const OWN_EDIT = new RegExp(`${OWN}${VERB}\\s+${OF_THE_REPORT}${REACH}(?:${FILE}|${CODE})`, "i");
const ELLIPTIC_EDIT = new RegExp(
  `${LEAD}(?:successfully\\s+)?${VERB}\\s+${OF_THE_REPORT}(?:${DETERMINER}${REACH}(?:${FILE}|${CODE})|(?:${FILE}))`,
  "i",
);
const NUMBERS: Readonly<Record<string, number>> = { one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7 };
const NUMBER = `\\d{1,4}|${Object.keys(NUMBERS).join("|")}`;
const COUNTED = String.raw`(?:(?:the|these|following|small|needed|necessary|required|requested)\s+)*(?:(${NUMBER})\s+)?(?:[\w-]+\s+)?(?:edits|edit|changes|change|modifications|fixes|fix)\b`;
const OWN_COUNT = new RegExp(`(?:${OWN}|${LEAD})made\\s+(?:an?\\s+|all\\s+)?${COUNTED}`, "i");
const BARE_COUNT = new RegExp(`${LEAD}(${NUMBER})\\s+(?:[\\w-]+\\s+)?edits?\\b(?!\\s+(?:are|is|needed))`, "i");
const NOW_FIXED =
  /\b(?:bug|typo|error|issue|problem|crash|defect|failure|test)s?\b[^.]{0,60}?\b(?:is|are) now fixed\b/i;
/** By whom, or when: then it is a tale of somebody else. */
const OF_OTHERS = /\b(?:by [A-Z]\w+|(?:in|since|before) (?:v\d|(?:19|20)\d\d\b)|somebody|someone|the author)\b/;

function editIn({ text, elliptic }: Clause): { count: number | null } | null {
  if (OF_OTHERS.test(text)) return null;
  const counts = [OWN_COUNT, ...(elliptic ? [BARE_COUNT] : [])].flatMap((form) => form.exec(text) ?? []);
  const [counted, number] = counts;
  const isOwn = new RegExp(OWN, "i").test(text);
  if (counted !== undefined && (isOwn || elliptic) && plain(text, counted)) {
    return { count: number === undefined ? null : (NUMBERS[number.toLowerCase()] ?? Number(number)) };
  }
  const said = OWN_EDIT.exec(text) ?? (elliptic ? (ELLIPTIC_EDIT.exec(text) ?? NOW_FIXED.exec(text)) : null);
  return said !== null && plain(text, said[0]) ? { count: null } : null;
}

/** Neither the claim nor what leads to it denies or supposes; what follows may ("…, no test was run"). */
function plain(text: string, claim: string): boolean {
  const till = text.slice(0, text.indexOf(claim) + claim.length);
  return !SUPPOSED.test(text) && !NEGATED.test(till);
}

const RUNNER =
  "(?:npm (?:run )?test|npm t|yarn test|pnpm test|bun test|deno test|npx (?:vitest|jest|mocha)(?: run)?|vitest(?: run)?|jest|mocha|pytest|python3? -m (?:pytest|unittest)|cargo test|go test(?: \\./\\.\\.\\.)?|make (?:test|check)|node --test|mvn test|gradle test|tox|rspec|phpunit|dotnet test|mix test)";
const END =
  "(?=\\s*(?:$|[.,;:!)(]|\\b(?:and|now|again|afterwards|with|locally|successfully|too|after|since|in \\d+)\\b))";
const WHICH = "(?:all|every|both|the|its|existing|new|unit|integration|whole|full|entire|remaining|\\d+|these|those)";
const PASSED =
  "(?:(?:now|all|still|also)\\s+)*(?:pass(?:es|ed)?|succeed(?:s|ed)?|(?:are|is|were|was)\\s+(?:all\\s+|now\\s+)*(?:passing|green))";
const PASSING = new RegExp(
  `(?:(?:^|\\b)${WHICH}\\s+(?:[\\w/-]+\\s+){0,4}?|^)tests?(?:\\s+(?:suite|cases|files?))?\\s+${PASSED}${END}`,
  "i",
);
const RUNNER_PASSING = new RegExp(`${RUNNER}\`?\\s+(?:command\\s+|run\\s+)?${PASSED}${END}`, "i");
/** Word before the claim that makes a condition or a story of it. */
const DEPENDING = /\b(?:after|once|when|until|till|that|before|where|because|only|while|so|how|why)\s+`?$/i;
const TOLD =
  /\b(?:ci|pipeline|workflow|badge|readme|docs?|documentation|logs?|shows?|hooks?|gate|policy|rule|checks that|verif(?:y|ies) that|asserts?|mock|by design)\b/i;

function saysPassing({ text, ofOwn }: Clause): boolean {
  if (!ofOwn && !/\b(?:i|we)\b/i.test(text)) return false;
  const said = PASSING.exec(text) ?? RUNNER_PASSING.exec(text);
  if (said === null || TOLD.test(text) || SUPPOSED.test(text)) return false;
  return !NEGATED.test(text) && !DEPENDING.test(text.slice(0, said.index));
}

const OWN_RUN = new RegExp(
  `${OWN}(?:re-?ran|ran|executed)\\s+(?:the\\s+)?(?:\`([^\`\\n]{2,200})\`|(${RUNNER})(?![\\w-]))`,
  "i",
);
const ELLIPTIC_RUN = new RegExp(
  `${LEAD}(?:re-?ran|ran|executed)\\s+(?:the\\s+)?(?:\`([^\`\\n]{2,200})\`|(${RUNNER})(?![\\w-]))`,
  "i",
);
const THEN_RUN = new RegExp(
  `\\band (?:then )?(?:re-?ran|ran|executed)\\s+(?:the\\s+)?(?:\`([^\`\\n]{2,200})\`|(${RUNNER})(?![\\w-]))`,
  "i",
);

function commandsIn({ text, elliptic }: Clause): readonly string[] {
  const startsOwn = new RegExp(`^(?:${OWN}|${VERB}\\b)`, "i").test(text);
  const said =
    OWN_RUN.exec(text) ??
    (elliptic ? ELLIPTIC_RUN.exec(text) : null) ??
    (startsOwn && (elliptic || /^(?:i|we)\b/i.test(text)) ? THEN_RUN.exec(text) : null);
  if (said === null || !plain(text, said[0])) return [];
  const command = (said[1] ?? said[2] ?? "").trim();
  return isCommand(command) ? [command] : [];
}

/** Begins with the name of a program, and is no expression. */
const isCommand = (text: string): boolean => /^(?:\.{0,2}\/)?[a-z][\w.+/-]*(?:\s|$)/.test(text) && !/^\S*\(/.test(text);
