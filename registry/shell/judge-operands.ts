/** Fills the operand slots of a row, and says what its risky options come to. */
import { isSeveral, type Matched } from "./match-options.ts";
import { type Operands, type Slot, unknown } from "./program.ts";
import { cut, fill, type OutputRoots } from "./slot.ts";
import { add, type Tally } from "./tally.ts";
import type { ShellWord } from "./word.ts";

export interface OperandContext extends OutputRoots {
  /** Whether it reads from a pipe. */
  readonly hasInput: boolean;
}

export function judgeOperands(matched: Matched, context: OperandContext, tally: Tally, rule: string): void {
  const { row, call } = matched;
  const shape: Operands = row.operands ?? {};
  const first = shape.firstUnless && call.given(shape.firstUnless) ? [] : (shape.first ?? []);
  const operands = row.wraps ? call.operands.slice(0, first.length) : call.operands;
  if (operands.length < (shape.min ?? 0)) add(tally, rule, unknown("an operand is missing", "operands"));
  if (operands.length <= first.length && shape.absent && !(row.passes && context.hasInput))
    tally.paths.push({ path: shape.absent, access: "read" });
  const max = shape.max ?? (shape.rest || shape.last ? Number.POSITIVE_INFINITY : first.length);
  if (operands.length > max) {
    const one = operands[max]?.shown ?? "";
    add(tally, rule, unknown(`${cut(one)} is one operand too many`, "operands"));
  }
  for (const [index, word] of operands.entries()) {
    const isLast =
      shape.last !== undefined && index === operands.length - 1 && index >= first.length && operands.length > 1;
    const slot: Slot = isLast ? (shape.last ?? "text") : (first[index] ?? shape.rest ?? "text");
    add(tally, rule, fill(word, slot, context));
    if (isFixed(index, isLast, first, shape) && isSeveral(word) && !row.inert)
      spread(word, shape, context, tally, rule);
  }
}

function isFixed(index: number, isLast: boolean, first: readonly Slot[], shape: Operands): boolean {
  return isLast || index < first.length || shape.max !== undefined;
}

/** A word that may be several fills the places behind it too; where they are all of one harmless kind, so be it. */
function spread(word: ShellWord, shape: Operands, context: OperandContext, tally: Tally, rule: string): void {
  if (shape.rest === "read" && shape.last === undefined && shape.max === undefined) {
    add(tally, rule, fill(word, "read", context));
  } else {
    add(tally, rule, unknown(`${cut(word.shown)} could turn out to be several words`, "uncertain"));
  }
}

export function judgeRaises({ row, call }: Matched, tally: Tally, rule: string): void {
  for (const [name, raise] of Object.entries(row.raises ?? {})) {
    const given = call.options.find((option) => option.name === name);
    if (!given) continue;
    const loses = raise.loses ? [fillTemplate(raise.loses, { call }, given.value)] : [];
    add(tally, rule, {
      risk: raise.risk,
      reason: `with ${name} it ${fillTemplate(raise.reason, { call }, given.value)}`,
      rule: name.replace(/^-+/, ""),
      loses,
    });
  }
}

export function fillTemplate(text: string, { call }: Pick<Matched, "call">, value: ShellWord | null): string {
  const { operands } = call;
  const list = operands
    .slice(0, 8)
    .map((word) => (word.pieces.some(({ kind }) => kind === "stand-in") ? "the files it is given" : cut(word.shown)));
  if (operands.length > list.length) list.push(`${operands.length - list.length} more`);
  return text
    .replaceAll("{operands}", list.join(", ") || "what is there")
    .replaceAll("{first}", cut(operands[0]?.shown ?? ""))
    .replaceAll("{last}", cut(operands.at(-1)?.shown ?? ""))
    .replaceAll("{value}", cut(value?.shown ?? ""));
}
