/** Flags come as text; what does not fit is refused by name, with the value and the way out. */
import { SwarmError } from "../../infra/errors.ts";

export function wholeNumber(
  value: unknown,
  flag: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(String(value)) && number >= min && number <= max) return number;
  throw new SwarmError("usage.flag", `${flag} "${String(value)}" is not a whole number from ${min} to ${max}`, {
    exit: 2,
    hint: `Give ${flag} a whole number.`,
  });
}

export function amount(value: unknown, flag: string): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+(\.\d+)?$/.test(String(value)) && number > 0) return number;
  throw new SwarmError("usage.flag", `${flag} "${String(value)}" is not an amount of US dollars above 0`, {
    exit: 2,
    hint: `Give ${flag} a number such as 0.50.`,
  });
}

export function oneOf<Choice extends string>(
  value: unknown,
  flag: string,
  choices: readonly Choice[],
): Choice | undefined {
  if (value === undefined) return undefined;
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  throw new SwarmError("usage.flag", `${flag} "${String(value)}" is not one of ${choices.join(", ")}`, {
    exit: 2,
    hint: `Choose one of: ${choices.join(", ")}.`,
  });
}
