/**
 * What a union of events says about a run: whether it follows a tool call from its start to its end, and whether it
 * says why the run ended.
 */
import { type Variant, wordsIn } from "../source/variants.ts";

const toolWords = new Set(
  "tool tools function functions mcp command exec act action actions toolcall tooluse toolresult".split(" "),
);
const beganWords = new Set(
  "start started begin began call calls called calling request requested use used invoke invoked invocation execute executing execution running run pending input intended action toolcall tooluse created".split(
    " ",
  ),
);
const endedWords = new Set(
  "end ended ok result results output outputs finish finished done complete completed completion response success succeeded error errored fail failed failure return returned observation refused toolresult".split(
    " ",
  ),
);
const terminalWords = new Set(
  "end ended ok done complete completed completion finish finished stop stopped error errored failed failure fail aborted abort exit exited result final terminated cancelled canceled cancel interrupted exhausted success succeeded max timeout".split(
    " ",
  ),
);
/** What may stand beside a terminal word: who ends, and what a type is called. Anything else ends something smaller. */
const besides = new Set(
  "action observation agent run runner session turn turns task stream query loop workflow conversation job thread execution process chat assistant event events chunk update notification message item status reason answer output type state sdk server data raw base user iterations steps s e".split(
    " ",
  ),
);
const runs = new Set("agent run runner session turn task query loop workflow conversation final".split(" "));
const stateField = /\b(?:status|state|phase|isError|is_error|result|output|success)\b["']?\??\s*[:=]/;
const reasonField =
  /\b(?:stop_?reason|finish_?reason|reasons?|exit_?status|exit_?reason|terminal_?reason|error_?message|subtype|outcome|status|error|cause|code|exception|is_?error|message|result|output|answer)\b["']?\??\s*[:=]/i;

export interface RunCoverage {
  /** The kind that shows a tool call's life, where there is one. */
  readonly toolLife?: string;
  /** The kind that ends the run, where there is one. */
  readonly ending?: string;
  /** Whether the end names what it ends: a run, a task, a turn. */
  readonly ofRun: boolean;
  /** Whether the end says why: by a field, or by being of several kinds. */
  readonly reasoned: boolean;
}

export function coverageOf(variants: readonly Variant[]): RunCoverage {
  const worded = variants.map((variant) => ({
    ...variant,
    words: wordsIn(variant.tag),
    parts: variant.tag.split(" ").map(wordsIn),
  }));
  const tools = worded.filter(({ words }) => words.some((word) => toolWords.has(word)));
  const began = tools.find(({ words }) => words.some((word) => beganWords.has(word)) && !endsOf(words));
  const ended = tools.find((one) => one !== began && endsOf(one.words));
  const observed = worded.find(({ words }) => words.includes("observation"));
  const stateful = tools.find(({ body }) => stateField.test(body));
  const life = (began && (ended ?? (began.words.includes("action") ? observed : undefined))) ?? stateful;
  // Its discriminant says it, or its name; a kind that speaks of tools ends no run.
  const endings = worded.filter(({ words, parts }) => !words.includes("tool") && parts.some(isEnding));
  const first = endings.find(({ body }) => reasonField.test(body)) ?? endings[0];
  return {
    ofRun: endings.some(({ words }) => words.some((word) => runs.has(word))),
    ...(life === undefined ? {} : { toolLife: life.tag }),
    ...(first === undefined ? {} : { ending: first.tag }),
    reasoned:
      endings.some(({ body }) => reasonField.test(body)) || new Set(endings.map(({ words }) => sense(words))).size > 1,
  };
}

const endsOf = (words: readonly string[]): boolean => words.some((word) => endedWords.has(word));

function isEnding(words: readonly string[]): boolean {
  if (words.includes("final") && !words.includes("tool")) return true;
  // A step that is broken off takes its run with it.
  if (words.length === 2 && words[0] === "step" && /^(?:interrupt|abort|cancel|exhaust)/.test(words[1] ?? ""))
    return true;
  return (
    words.some((word) => terminalWords.has(word)) && words.every((word) => terminalWords.has(word) || besides.has(word))
  );
}

function sense(words: readonly string[]): string {
  if (words.some((word) => /^(?:error|fail|exhaust|max|timeout)/.test(word))) return "failed";
  return words.some((word) => /^(?:abort|cancel|interrupt|stop)/.test(word)) ? "stopped" : "ended";
}
