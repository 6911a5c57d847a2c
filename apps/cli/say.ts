/** One line for the person at the terminal; stdout is data. */
export const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
