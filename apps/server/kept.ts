/**
 * Answers that are read from all of a run, kept for several times as long as they took: however large the run is and however
 * many ask, they take no more than a share of this process. What was quick is read anew each time.
 */

export interface Kept<Answer> {
  /** The one that is under way, or was given a short while ago; else a new one. Failures are not kept. */
  of(key: string): Promise<Answer>;
  /** Something was changed: what is kept of it, or under way, tells of before. */
  forget(key: string): void;
}

/** Times as long as it took that an answer stays good: the share of this process that one question takes is a tenth. */
export const GOOD_TIMES = 10;
/** Milliseconds that an answer may take without being kept, and that one is kept at most. */
export const QUICK_MS = 60;
const GOOD_MAX_MS = 30_000;
/** Answers of one kind that are kept at once; some are megabytes. */
const KEPT_MAX = 8;

interface One<Answer> {
  readonly answer: Promise<Answer>;
  /** Until when it is good; while it is under way, until it has come. */
  goodUntilMs: number;
}

export function keptAnswers<Answer>(
  question: (key: string) => Promise<Answer>,
  nowMs: () => number = () => performance.now(),
): Kept<Answer> {
  const kept = new Map<string, One<Answer>>();
  const asked = (key: string): Promise<Answer> => {
    const beganMs = nowMs();
    const one: One<Answer> = { answer: question(key), goodUntilMs: Number.POSITIVE_INFINITY };
    kept.delete(key);
    kept.set(key, one);
    for (const oldest of kept.keys()) if (kept.size > KEPT_MAX) kept.delete(oldest);
    one.answer.then(
      () => {
        const tookMs = nowMs() - beganMs;
        one.goodUntilMs = nowMs() + (tookMs <= QUICK_MS ? 0 : Math.min(GOOD_MAX_MS, GOOD_TIMES * tookMs));
      },
      () => {
        if (kept.get(key) === one) kept.delete(key);
      },
    );
    return one.answer;
  };
  return {
    of(key) {
      const known = kept.get(key);
      return known !== undefined && nowMs() < known.goodUntilMs ? known.answer : asked(key);
    },
    forget: (key) => void kept.delete(key),
  };
}
