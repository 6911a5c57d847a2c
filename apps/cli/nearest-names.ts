/** What somebody may have meant by a name that there is none of. */

/** Names that are at most so many letters away, or begin alike. */
const LETTERS_MAX = 3;
const NAMES_MAX = 3;

/** The nearest first; empty where nothing is near. */
export function nearestNames(given: string, names: readonly string[]): readonly string[] {
  const wanted = given.toLowerCase().slice(0, 64);
  return names
    .map((name) => ({ name, away: away(wanted, name.toLowerCase()) }))
    .filter(({ name, away }) => away <= Math.min(LETTERS_MAX, Math.floor(name.length / 2)) || begins(wanted, name))
    .sort((a, b) => a.away - b.away || (a.name < b.name ? -1 : 1))
    .slice(0, NAMES_MAX)
    .map(({ name }) => name);
}

const begins = (wanted: string, name: string): boolean => wanted.length > 1 && name.toLowerCase().startsWith(wanted);

/** Letters to add, take away, change or swap with their neighbour. */
function away(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        (last[column] as number) + 1,
        (line[column - 1] as number) + 1,
        (last[column - 1] as number) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, (before[column - 2] as number) + 1);
      line.push(cost);
    }
    before = last;
    last = line;
  }
  return last[to.length] as number;
}
