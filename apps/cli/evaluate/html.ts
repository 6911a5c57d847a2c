/**
 * HTML that is safe by construction: whatever is put into a template is escaped and made printable, unless it is HTML
 * from such a template itself.
 */
import { printable } from "../progress/printable.ts";

const trusted = Symbol("html");

export interface Html {
  readonly [trusted]: string;
}

type Value = string | number | Html | readonly Html[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and for quoted attributes; not for URLs, scripts or styles, of which none takes outside text. */
const escaped = (text: string): string =>
  printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);

function written(value: Value): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escaped(value);
  return trusted in value ? value[trusted] : value.map((part) => part[trusted]).join("");
}

export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  [trusted]: strings.reduce((text, part, index) => text + written(values[index - 1] ?? "") + part),
});

/** Takes text as HTML. For constants of this program only, never for anything from outside. */
export const constant = (text: string): Html => ({ [trusted]: text });

export const nothing: Html = constant("");

export const textOf = (value: Html): string => value[trusted];
