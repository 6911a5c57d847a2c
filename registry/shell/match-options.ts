/**
 * Takes a call apart by its row: options, their values, operands. An option that the row does not have, an abbreviation,
 * a value where none belongs or a word that might be an option refuses the call.
 */
import type { GivenCall, GivenOption, Row, Slot } from "./program.ts";
import { literalWord, type ShellWord, wordOf } from "./word.ts";

export interface Matched {
  readonly row: Row;
  readonly call: GivenCall;
  /** Words as they are to run, without the program: as given, or options first and `--` before the operands. */
  readonly words: readonly ShellWord[];
  /** Values of options with the slots that the row gives them. */
  readonly values: readonly (readonly [ShellWord, Slot])[];
}

export interface Unmatched {
  readonly rule: string;
  readonly reason: string;
  readonly subcommands: readonly string[];
}

interface OptionShape {
  readonly name: string;
  readonly value: "none" | "needed" | "attached" | "two";
  readonly slot: Slot;
}

const shapes = new WeakMap<Row, ReadonlyMap<string, OptionShape>>();

function shapesOf(row: Row): ReadonlyMap<string, OptionShape> {
  const known = shapes.get(row);
  if (known) return known;
  const made = new Map<string, OptionShape>();
  for (const name of row.flags?.split(" ") ?? []) made.set(name, { name, value: "none", slot: "text" });
  const add = (spellings: string, value: OptionShape["value"], slot: Slot) => {
    const [name = "", ...others] = spellings.split(" ");
    for (const spelling of [name, ...others]) made.set(spelling, { name, value, slot });
  };
  for (const [spellings, slot] of Object.entries(row.takes ?? {})) add(spellings, "needed", slot);
  for (const [spellings, slot] of Object.entries(row.mayTake ?? {})) add(spellings, "attached", slot);
  for (const [spellings, slot] of Object.entries(row.takesTwo ?? {})) add(spellings, "two", slot);
  shapes.set(row, made);
  return made;
}

/** The word behind the first `count` characters of its literal head. */
function tail(word: ShellWord, count: number): ShellWord {
  const [first, ...rest] = word.pieces;
  if (first?.kind !== "text") return word;
  return wordOf([{ kind: "text", value: first.value.slice(count) }, ...rest]);
}

class Reader {
  readonly options: GivenOption[] = [];
  readonly values: (readonly [ShellWord, Slot])[] = [];
  readonly optionWords: ShellWord[] = [];
  readonly operands: ShellWord[] = [];
  beforeDashes: number | null = null;
  /** Index of the first word that was not read. */
  at = 0;
  private readonly row: Row;
  private readonly words: readonly ShellWord[];
  private readonly known: ReadonlyMap<string, OptionShape>;

  constructor(row: Row, words: readonly ShellWord[]) {
    this.row = row;
    this.words = words;
    this.known = shapesOf(row);
  }

  /** @returns why the words cannot be matched, or null. `stopsAtOperand`: the first operand ends the reading. */
  read(stopsAtOperand: boolean): string | null {
    for (; this.at < this.words.length; this.at += 1) {
      const word = this.words[this.at];
      if (word === undefined) break;
      if (this.beforeDashes !== null || !mayBeOption(word, this.row)) {
        if (stopsAtOperand) return null;
        this.operands.push(word);
      } else if (word.literal === "--") {
        this.beforeDashes = this.operands.length;
      } else {
        const failed = this.readOption(word);
        if (failed !== null) return failed;
      }
    }
    return null;
  }

  private readOption(word: ShellWord): string | null {
    if (!word.head.startsWith("-")) {
      return this.row.inert ? this.operand(word) : `${word.shown} could turn out to be an option`;
    }
    this.optionWords.push(word);
    if (this.row.digits && word.literal !== null && /^-\d+$/.test(word.literal)) {
      this.options.push({ name: "-<number>", value: tail(word, 1) });
      return null;
    }
    const isLong = word.head.startsWith("--") || this.row.style === "single-dash";
    const equals = word.head.indexOf("=");
    const spelled = isLong && equals > 0 ? word.head.slice(0, equals) : word.head;
    const whole = this.known.get(spelled);
    const endsHere = word.literal !== null || (isLong && equals > 0);
    if (whole && endsHere) {
      return this.take(whole, spelled, isLong && equals > 0 ? tail(word, equals + 1) : null);
    }
    if (isLong) return `${program(word)} is not an option known here`;
    return this.readCluster(word);
  }

  private readCluster(word: ShellWord): string | null {
    for (let index = 1; index < word.head.length; index += 1) {
      const spelled = `-${word.head[index]}`;
      const shape = this.known.get(spelled);
      if (shape === undefined) return `${spelled} is not an option known here`;
      const hasMore = index + 1 < word.head.length || word.literal === null;
      if (shape.value !== "none") return this.take(shape, spelled, hasMore ? tail(word, index + 1) : null);
      this.options.push({ name: shape.name, value: null });
    }
    return word.literal === null ? `${word.shown} is not certain` : null;
  }

  private take(shape: OptionShape, spelled: string, attached: ShellWord | null): string | null {
    let value = attached;
    if (shape.value === "none" && attached !== null) return `${spelled} takes no value`;
    if (shape.value === "needed" && attached === null) {
      value = this.words[this.at + 1] ?? null;
      if (value === null) return `${spelled} lacks its value`;
      this.at += 1;
      this.optionWords.push(value);
      if (isSeveral(value)) return `${value.shown} could turn out to be several words: quote it`;
    }
    if (shape.value === "two") {
      const [name, second] = [this.words[this.at + 1], this.words[this.at + 2]];
      if (!name || !second || attached !== null) return `${spelled} takes two values`;
      if (isSeveral(name) || isSeveral(second))
        return `a value of ${spelled} could turn out to be several words: quote it`;
      this.at += 2;
      this.optionWords.push(name, second);
      this.values.push([name, "text"]);
      value = second;
    }
    if (attached?.pieces.some((piece) => "quoted" in piece && !piece.quoted)) {
      return `${attached.shown} could turn out to be several words: quote it`;
    }
    this.options.push({ name: shape.name, value });
    if (value !== null) this.values.push([value, shape.slot]);
    return null;
  }

  private operand(word: ShellWord): null {
    this.operands.push(word);
    return null;
  }
}

function program(word: ShellWord): string {
  return word.shown.length > 60 ? `${word.shown.slice(0, 60)}…` : word.shown;
}

/** A word that can become more than one, or none. */
export function isSeveral(word: ShellWord): boolean {
  return word.pieces.some(
    (piece) =>
      piece.kind === "glob" ||
      piece.kind === "stand-in" ||
      ((piece.kind === "variable" || piece.kind === "output") && !piece.quoted),
  );
}

/** What begins with a dash, or might. Globs and stand-ins are let through: `--` is put before them where it matters. */
function mayBeOption(word: ShellWord, row: Row): boolean {
  if (row.style === "words") return false;
  if (word.head !== "") return word.head.startsWith("-") && word.literal !== "-";
  const first = word.pieces[0];
  if (first?.kind === "variable" || first?.kind === "output") return !canGuard(row);
  return false;
}

function canGuard(row: Row): boolean {
  return /^(?:gnu|posix)$/.test(row.style ?? "gnu") && row.subcommands === undefined && row.wraps === undefined;
}

function isLoose(word: ShellWord): boolean {
  const first = word.pieces[0];
  if (first?.kind === "stand-in") return !first.isPath;
  // An absolute path, and one word.
  if (first?.kind === "variable" && first.name === "PWD" && first.quoted) return false;
  return first !== undefined && first.kind !== "text" && first.kind !== "home" && first.kind !== "process";
}

const plainRows = new WeakMap<Row, Row>();

function withoutSubcommands(row: Row): Row {
  const known = plainRows.get(row);
  if (known) return known;
  const { subcommands: _, ...plain } = row;
  plainRows.set(row, plain);
  return plain;
}

export function matchCall(top: Row, program: string, words: readonly ShellWord[]): Matched | Unmatched {
  const options: GivenOption[] = [];
  const values: (readonly [ShellWord, Slot])[] = [];
  const subcommands: string[] = [];
  const before: ShellWord[] = [];
  let row = top;
  let rest = words;
  for (;;) {
    const reader = new Reader(row, row.style === "words" && !row.subcommands ? [] : rest);
    const stops = row.subcommands !== undefined || row.wraps !== undefined;
    const style = row.style ?? "gnu";
    const failed = reader.read(stops || style === "posix" || style === "single-dash");
    if (failed !== null) return { rule: "unknown-option", reason: failed, subcommands };
    options.push(...reader.options);
    values.push(...reader.values);
    const next = rest[reader.at];
    const sub: Row | undefined =
      row.subcommands && next?.literal !== null && next !== undefined && Object.hasOwn(row.subcommands, next.literal)
        ? row.subcommands[next.literal]
        : undefined;
    if (row.subcommands && next && sub === undefined && row.operands === undefined) {
      return { rule: "unknown-subcommand", reason: `${program} ${next.shown} is not known here`, subcommands };
    }
    if (sub && next) {
      subcommands.push(next.literal ?? "");
      before.push(...rest.slice(0, reader.at + 1));
      rest = rest.slice(reader.at + 1);
      row = sub;
      continue;
    }
    if (row.subcommands && row.wraps === undefined && style === "gnu" && reader.beforeDashes === null) {
      // No subcommand after all: options behind operands count as ever.
      row = withoutSubcommands(row);
      continue;
    }
    const operands = [...reader.operands, ...rest.slice(reader.at)];
    return finish(
      row,
      { program, subcommands, options, operands, beforeDashes: reader.beforeDashes },
      {
        values,
        given: [...before, ...rest],
        optionWords: [...before, ...reader.optionWords],
      },
    );
  }
}

function finish(
  row: Row,
  call: Omit<GivenCall, "given" | "values">,
  { values, given, optionWords }: Pick<Matched, "values"> & { given: ShellWord[]; optionWords: ShellWord[] },
): Matched | Unmatched {
  const { options, operands, subcommands } = call;
  let words: readonly ShellWord[] = given;
  if (!row.inert && row.wraps === undefined && call.beforeDashes === null && operands.some(isLoose)) {
    if (canGuard(row) && (subcommands.length === 0 || row.dashes))
      words = [...optionWords, literalWord("--"), ...operands];
    else if (!row.globs) {
      const loose = operands.find(isLoose)?.shown ?? "";
      return { rule: "unclear", reason: `${loose} could turn out to be an option: write ./ before it`, subcommands };
    }
  }
  return {
    row,
    words,
    values,
    call: {
      ...call,
      given: (names) => {
        const wanted = names.split(" ");
        return options.some(({ name }) => wanted.includes(name));
      },
      values: (name) => options.flatMap((option) => (option.name === name && option.value ? [option.value] : [])),
    },
  };
}
