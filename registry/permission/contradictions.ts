/** Rules that say two things of one text. Deny wins and ask comes before allow, so one of them never does anything. */
import type { RuleLists } from "./question.ts";

export interface Contradiction {
  readonly text: string;
  readonly wins: "deny" | "ask";
  readonly loses: "ask" | "allow";
}

export function contradictionsIn({ allow, ask, deny }: RuleLists): readonly Contradiction[] {
  const pairs = [
    { winners: deny, wins: "deny", losers: allow, loses: "allow" },
    { winners: deny, wins: "deny", losers: ask, loses: "ask" },
    { winners: ask, wins: "ask", losers: allow, loses: "allow" },
  ] as const;
  return pairs.flatMap(({ winners, wins, losers, loses }) => {
    const known = new Set(winners.map(same));
    return losers.filter((text) => known.has(same(text))).map((text) => ({ text, wins, loses }));
  });
}

/** Two spellings of one rule. */
const same = (text: string): string =>
  text
    .trim()
    .replace(/\((?:\*|:\*)\)$/, "")
    .replace(/:\*\)$/, " *)");
