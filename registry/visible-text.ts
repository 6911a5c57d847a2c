/** Text of strangers without what no reader sees: such characters can carry words for a model. */

/** Line ends, tabs and what joins emoji stay. */
export const visibleText = (text: string): string =>
  text
    .replace(/\r\n?/g, "\n")
    .replace(/[\p{Cc}\p{Cf}\u{e0000}-\u{e0fff}]/gu, (one) =>
      one === "\n" || one === "\t" || one === "\u200d" ? one : "",
    );

/** On one line, shortened. */
export const oneLineOf = (text: string, charsMax = 500): string =>
  text.replace(/[\s\p{Cc}\p{Cf}]+/gu, " ").slice(0, charsMax);
