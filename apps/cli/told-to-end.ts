/** How a process of ours that runs until it is told to end hears of it: by signal, and for a second signal at once. */

/** Codes by the shell's rule: 128 and the number of the signal. */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type EndingSignal = keyof typeof CODES;

/** Ends the process where it is called again: nobody has to wait for an end that takes long. */
type Tell = (signal: EndingSignal) => void;

/** Resolves with the exit code; `also` may tell it by other ways. Never rejects. */
export function toldToEnd(signals: readonly EndingSignal[], also: (tell: Tell) => void = () => {}): Promise<number> {
  return new Promise((resolve) => {
    let asked = false;
    const tell: Tell = (signal) => {
      if (asked) process.exit(CODES[signal]);
      asked = true;
      resolve(CODES[signal]);
    };
    for (const signal of signals) process.on(signal, () => tell(signal));
    also(tell);
  });
}
