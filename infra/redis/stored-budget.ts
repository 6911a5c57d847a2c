/** How the money of a run lies in its row. Apart from the rest: a status line reads it, and has no time to load more. */

type Fields = Readonly<Record<string, string>>;

/** Of the run's row: the amounts below, in this order. */
const MONEY = "m";
const ALWAYS = ["tokens", "nano", "heldTokens", "heldNano"];
const AMOUNTS = [...ALWAYS, "input", "output", "cacheRead", "cacheWrite", "calls", "unpriced"];

/** Limits and amounts by their names; a counter that never counted is absent. */
export function budgetFrom(limits: Fields, row: Fields): Fields {
  const amounts = row[MONEY]?.split(" ") ?? [];
  const told = AMOUNTS.map((name, at) => [name, amounts[at] ?? "0"] as const);
  return {
    ...limits,
    ...Object.fromEntries(told.filter(([name, amount]) => amount !== "0" || ALWAYS.includes(name))),
  };
}

/** The run's row as it is told: its money is told elsewhere. */
export function toldRow(row: Fields): Fields {
  const { [MONEY]: _money, ...rest } = row;
  return rest;
}
