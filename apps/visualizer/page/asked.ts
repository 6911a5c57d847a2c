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

/** The first `count` pages of a list, one after the other; fewer where it ends before. */
export async function pagesOf<Page extends { readonly next: string | null }>(
  ask: (after: string | null) => Promise<Page>,
  count: number,
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  let after: string | null = null;
  while (pages.length < count && (pages.length === 0 || after !== null)) {
    const page: Page = await ask(after);
    pages.push(page);
    after = page.next;
  }
  return pages;
}

export const asProblem = (cause: unknown): SourceError =>
  cause instanceof SourceError ? cause : new SourceError(0, "page.failed", String(cause), null);
