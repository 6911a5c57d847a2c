/** What is approved, as people read it: a definition that is one line of JSON is laid out, everything else is as it is. */

/** Only for showing: what is hashed, stored and compared is the text itself. */
export function readableText(text: string): string {
  if (!text.startsWith("{") || text.includes("\n")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
