/** Breakers and rate limits of a swarm as people and pages see them. Types only. */

export interface BreakerView {
  readonly name: string;
  readonly state: "closed" | "open" | "halfOpen";
  /** Failures in a row. */
  readonly failures: number;
  /** ISO 8601: since when it is not closed; null where it is. */
  readonly sinceAt: string | null;
  /** Milliseconds until it may be tried again; 0: now, or a probe is out. */
  readonly waitMs: number;
  /** What went wrong last; null where nothing did. */
  readonly reason: string | null;
}

/** What is left of a limit now, by its refill, and the milliseconds until it is whole again. */
export interface LimitLeft {
  readonly limit: number;
  readonly remaining: number;
  readonly resetInMs: number;
}

export interface LimitView {
  readonly name: string;
  /** Milliseconds until anybody is let through; 0: there is no pause. */
  readonly pausedMs: number;
  /** Callers that were told to wait in this pause. */
  readonly waiting: number;
  readonly requests?: LimitLeft;
  readonly tokens?: LimitLeft;
  readonly inputTokens?: LimitLeft;
  readonly outputTokens?: LimitLeft;
}

export interface SwarmBreakers {
  /** Resources that failed or were paced within a day, or are well and were asked within it. */
  readonly breakers: readonly BreakerView[];
  readonly limits: readonly LimitView[];
}
