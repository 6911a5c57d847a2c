/**
 * The check: everything that was approved beside what is there now. What differs is written down, and by that out of
 * every new pool; what nobody has approved is shown, and approved only where somebody says so.
 */
import type { PinName } from "../../../infra/pins.ts";
import { diffOf } from "../../../registry/drift/diff.ts";
import { readableText } from "../../../registry/drift/readable-text.ts";
import type { ReleasePin } from "../../../registry/drift/release-pin.ts";
import { visible } from "../../../registry/drift/visible.ts";
import type { EntryState } from "../../../registry/entry.ts";
import type { ToolDeclaration } from "../../../registry/tool.ts";
import type { Definition, PinBook, Pinned } from "../pin-book.ts";
import { builtIn } from "../tool-watch.ts";
import type { Bench } from "./bench.ts";
import { checkTool, type ToolCheck } from "./check-tool.ts";
import { onlyLooks } from "./only-looks.ts";
import type { Candidate, Survey } from "./survey.ts";

export interface CheckedRow extends PinName {
  readonly state: EntryState;
  /** Of what is there now. */
  readonly hash: string;
  /** Of what was approved; null: nothing was. */
  readonly pinned: string | null;
  readonly reasons: readonly string[];
  /** From what was approved to what is there; nothing in it hides. */
  readonly diff: readonly string[];
  readonly notLookedAt: readonly string[];
  /** Why no approval of it would hold: what is there is refused, or breaks its own promises. Empty where one would. */
  readonly unapprovable: readonly string[];
  /** What somebody approves when they approve this row. */
  readonly definition: Definition;
  /** It was approved by this very check. */
  readonly approvedNow?: true;
}

export interface Checked {
  readonly rows: readonly CheckedRow[];
  readonly hints: readonly string[];
}

export interface CheckOptions {
  readonly book: PinBook;
  readonly tools: readonly ToolDeclaration[];
  readonly release: Readonly<Record<string, ReleasePin>>;
  readonly bench: Bench;
  readonly surveys: readonly Survey[];
  /** Only these; everything where empty. */
  readonly names: readonly string[];
  /** Asked of what is new and has nothing wrong with it. */
  readonly approveNew: (row: CheckedRow) => Promise<boolean>;
  readonly by: string;
}

export async function check(options: CheckOptions): Promise<Checked> {
  const { tools, surveys, names, book } = options;
  const wants = ({ name }: { readonly name: string }): boolean => names.length === 0 || names.includes(name);
  const rows: CheckedRow[] = [];
  const hints: string[] = [];
  for (const tool of tools.filter(wants)) rows.push(await builtInRow(options, tool));
  const isActive = async (pin: PinName, hash: string): Promise<boolean> => {
    const { state, approved } = await book.look(pin);
    return state === "active" && approved?.definition.hash === hash;
  };
  const seen = new Set<string>();
  for (const survey of surveys) {
    const found = await survey.survey(isActive);
    hints.push(...found.hints);
    for (const candidate of found.candidates) {
      seen.add(keyOf(candidate.pin));
      // A server is asked for whenever one of its tools is: without it nobody could say anything about them.
      if (wants(candidate.pin)) rows.push(await candidateRow(options, candidate));
    }
    hints.push(...(await goneHints(book, survey, seen, found.unknown)));
  }
  return { rows, hints };
}

const keyOf = ({ kind, scope, name }: PinName): string => JSON.stringify([kind, scope, name]);

async function builtInRow({ book, bench, release }: CheckOptions, tool: ToolDeclaration): Promise<CheckedRow> {
  const name = builtIn(tool.name);
  const checked = await checkTool(tool, bench, onlyLooks);
  const before = await book.look(name);
  const approved = before.state === "active" && before.approved?.definition.hash === checked.definition.hash;
  const reasons = [
    ...(approved ? [] : checked.signs),
    ...checked.reasons,
    ...otherOutcomes(release[tool.name], before, checked),
  ];
  const pinned = await book.found(name, checked.definition, { reasons });
  return { ...rowOf(name, pinned, { ...checked, reasons }), unapprovable: checked.reasons.map(visible) };
}

/** Under the definition that was approved, which examples came to something else. */
function otherOutcomes(
  pin: ReleasePin | undefined,
  { approved }: Pinned,
  { definition, examples }: ToolCheck,
): string[] {
  if (pin === undefined || approved === null || pin.hash !== definition.hash) return [];
  if (approved.definition.behaviour !== pin.behaviour) return [];
  const other = Object.keys(pin.examples).filter(
    (title) => title in examples && examples[title] !== pin.examples[title],
  );
  return other.map((title) => `"${title}": under the same definition its outcome is not the one that was pinned`);
}

async function candidateRow({ book, approveNew, by }: CheckOptions, candidate: Candidate): Promise<CheckedRow> {
  const { pin, definition, reasons } = candidate;
  const row = rowOf(pin, await book.found(pin, definition, { reasons }), candidate);
  // What has something wrong with it is never approved along with everything else.
  if (row.state !== "new" || reasons.length > 0 || !(await approveNew(row))) return row;
  await book.approve(pin, definition, by);
  return { ...rowOf(pin, await book.look(pin), candidate), approvedNow: true };
}

function rowOf(name: PinName, pinned: Pinned, now: Omit<Candidate, "pin">): CheckedRow {
  const { approved, state } = pinned;
  const before = approved?.definition.text ?? "";
  return {
    ...name,
    state,
    hash: now.definition.hash,
    pinned: approved?.definition.hash ?? null,
    reasons: [...new Set([...now.reasons, ...(state === "active" ? [] : pinned.reasons)])].map(visible),
    diff: state === "active" ? [] : shownDiff(before, now.definition.text),
    notLookedAt: now.notLookedAt ?? [],
    unapprovable: now.refused === true ? now.reasons.map(visible) : [],
    definition: now.definition,
  };
}

/** As people read it; what differs in a way that this hides is compared as it is. */
function shownDiff(before: string, now: string): readonly string[] {
  const [left, right] = [readableText(before), readableText(now)];
  return left === right ? diffOf(before, now) : diffOf(left, right);
}

/** Approved once, and not there: nothing to take out, and worth knowing. */
async function goneHints(
  book: PinBook,
  { kind }: Survey,
  seen: ReadonlySet<string>,
  unknown: (pin: PinName) => boolean = () => false,
): Promise<string[]> {
  const gone = (await book.all()).filter((row) => row.kind === kind && !seen.has(keyOf(row)) && !unknown(row));
  const ofOthers = gone.filter(({ kind: one, name }) => one !== "tool" || name.startsWith("mcp__"));
  return ofOthers.map(({ name }) => `${kind} ${visible(name)} was approved and is not there any more`);
}

/**
 * Approves exactly what a row of this check shows. `not_shown`: it is not what was found last, somebody else has looked
 * meanwhile.
 */
export function approveShown(
  book: PinBook,
  { kind, scope, name, definition }: CheckedRow,
  by: string,
): Promise<"approved" | "not_shown"> {
  return book.approve({ kind, scope, name }, definition, by);
}
