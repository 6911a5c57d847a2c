/**
 * Takes the fields of a head one by one and collects everything that is wrong with them, so that whoever wrote the file
 * is told of all of it at once.
 */
import type { Field, HeadedFile, HeadProblem } from "./frontmatter.ts";

/** For messages. */
export const clipped = (text: string): string => (text.length <= 80 ? text : `${text.slice(0, 80)}…`);

/** Takes fields out of a head one by one, and collects what is wrong; what nobody took does nothing. */
export class HeadReader {
  readonly problems: HeadProblem[] = [];
  private readonly fields: Map<string, Field>;
  private readonly lines: ReadonlyMap<string, Field>;
  constructor(file: HeadedFile) {
    this.fields = new Map(file.fields);
    this.lines = file.fields;
  }

  problem(line: number, reason: string): void {
    this.problems.push({ line, reason });
  }

  lineOf(name: string): number {
    return this.lines.get(name)?.line ?? 1;
  }

  take(name: string): Field | undefined {
    const field = this.fields.get(name);
    this.fields.delete(name);
    return field;
  }

  /** Empty where there is none, or none that can be used. */
  text(name: string, charsMax: number, need: "required" | "optional" = "optional"): string {
    const field = this.take(name);
    const value = field?.value;
    if (value === undefined || value === null || value === "") {
      if (need === "required") this.problem(field?.line ?? 1, `it has no ${name}`);
      return "";
    }
    // A number or a date that somebody did not put in quotes is a text all the same.
    const text = typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : null;
    if (text === null) this.problem(this.lineOf(name), `${name} is no text`);
    else if (text.length > charsMax) {
      this.problem(this.lineOf(name), `${name} has ${text.length} characters; at most ${charsMax}`);
    } else if (text === "" && need === "required") this.problem(this.lineOf(name), `it has no ${name}`);
    return text ?? "";
  }

  flag(name: string): boolean | undefined {
    const value = this.take(name)?.value;
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "boolean") this.problem(this.lineOf(name), `${name} is neither true nor false`);
    return value === true;
  }

  /** Names with blanks or commas between, or a list of them; what stands in brackets belongs to the name before it. */
  names(name: string, namesMax: number, charsMax: number): string[] | null {
    const field = this.take(name);
    const value = field?.value;
    if (field === undefined || value === null || value === undefined) return null;
    const texts = Array.isArray(value) ? (value as unknown[]) : [value];
    if (!texts.every((one) => typeof one === "string")) {
      this.problem(field.line, `${name} is neither a text nor a list of texts`);
      return null;
    }
    const found = texts.flatMap((text) => text.match(/[^\s,(]+(?:\([^)]*\))?/g) ?? []);
    if (found.length > namesMax || found.some((one) => one.length > charsMax)) {
      this.problem(field.line, `${name} has more than ${namesMax} names, or one of more than ${charsMax} characters`);
      return null;
    }
    return [...new Set(found)];
  }

  /** What nobody took, with why it does nothing where that is known. */
  left(why: Readonly<Record<string, string>>): HeadProblem[] {
    return [...this.fields].map(([name, { line }]) => ({
      line,
      reason: `${clipped(name)} does nothing here${Object.hasOwn(why, name) ? `: ${why[name]}` : ""}`,
    }));
  }
}
