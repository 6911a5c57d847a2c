/** Something asked of the source again and again while it is shown: the newest answer, and what went wrong. */
import { useEffect, useState } from "preact/hooks";
import { SourceError } from "./source.ts";

export interface Asked<T> {
  readonly value: T | null;
  readonly problem: SourceError | null;
  readonly again: () => void;
}

/** `key`: what the question depends on; `everyMs`: 0 asks once. */
export function useAsked<T>(question: () => Promise<T>, key: string, everyMs = 0): Asked<T> {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<SourceError | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => setValue(null), [key]);
  useEffect(() => {
    let gone = false;
    const ask = (): void => {
      question().then(
        (told) => {
          if (gone) return;
          setValue(told);
          setProblem(null);
        },
        (cause: unknown) => {
          if (!gone) setProblem(asProblem(cause));
        },
      );
    };
    ask();
    const timer = everyMs > 0 ? setInterval(ask, everyMs) : undefined;
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [key, everyMs, round]);
  return { value, problem, again: () => setRound((before) => before + 1) };
}

export const asProblem = (cause: unknown): SourceError =>
  cause instanceof SourceError ? cause : new SourceError(0, "page.failed", String(cause), null);
