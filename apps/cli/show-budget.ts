/** Money as people read it: of a run what is spent, reserved and left; of its agents and their types what is spent and reserved. */
import type { RunDocument } from "../../actors/runtime/run-document.ts";
import type { ShownAmount, ShownBudget, Spending, Spent } from "../../actors/runtime/spending.ts";

/** A line for tokens and one for money. */
export const budgetLines = ({ tokens, usd }: ShownBudget): readonly string[] => [
  `tokens: ${amountWords(tokens, String)}`,
  `USD: ${amountWords(usd, dollars)}`,
];

function amountWords({ max, spent, reserved, left }: ShownAmount, written: (amount: number) => string): string {
  const used = `${spent === null ? "unknown" : written(spent)} spent, ${written(reserved)} reserved`;
  if (max === null) return `${used}; no limit`;
  return `${used}, ${left === null ? "unknown" : written(left)} left of ${written(max)}`;
}

export const AGENT_HEAD = ["AGENT", "TYPE", "STATE", "TURNS", "TOKENS", "RESERVED", "USD"] as const;

export const agentRows = (agents: RunDocument["agents"], spending: Spending): readonly string[][] => {
  const spent = new Map(spending.agents.map((one) => [one.id, one]));
  return agents.map(({ id, type, state, turns }) => [id, type, state, String(turns), ...cells(spent.get(id))]);
};

export const TYPE_HEAD = ["TYPE", "AGENTS", "TOKENS", "RESERVED", "USD"] as const;

export const typeRows = ({ types }: Spending): readonly string[][] =>
  types.map((one) => [one.type, String(one.agents), ...cells(one)]);

const cells = (spent: Spent | undefined): readonly string[] => {
  if (spent === undefined) return ["", "", ""];
  const { tokens, usd } = spent;
  return [String(tokens.spent), String(tokens.reserved), usd.spent === null ? "unknown" : dollars(usd.spent)];
};

const dollars = (amount: number): string => amount.toFixed(6);
