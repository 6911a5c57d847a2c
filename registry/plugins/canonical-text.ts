/** One text per JSON value: keys in code-unit order, absent fields left out. What is hashed, stored and compared. */
import { createHash } from "node:crypto";

export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one !== "object" || one === null || Array.isArray(one)) return one;
    // Not by assignment: a key like __proto__ must come out as it went in.
    const sorted = Object.entries(one).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    return Object.fromEntries(sorted);
  });
}

/** SHA-256 in hex. */
export const hashOfText = (text: string): string => createHash("sha256").update(text).digest("hex");
