/**
 * The one base of every thrown error: a stable code, whether trying again can help, the process exit code it maps to,
 * and a hint that names the way out. Expected outcomes are events, never errors.
 */

/** 1 run failed · 2 usage or configuration · 4 credentials · 5 parked · 6 budget exhausted · 7 Redis or workers unreachable. */
export type ExitCode = 1 | 2 | 4 | 5 | 6 | 7;

export interface SwarmErrorDetails {
  /** What the user can do about it, in one or several lines. */
  readonly hint?: string | undefined;
  /** True when the same call may succeed later without anybody changing anything. Default false. */
  readonly retry?: boolean | undefined;
  /** Default 1. */
  readonly exit?: ExitCode | undefined;
  readonly cause?: unknown;
}

export class SwarmError extends Error {
  /** Stable and dotted, such as `redis.unreachable`; scripts match on it, so it never changes its meaning. */
  readonly code: string;
  readonly hint?: string;
  readonly retry: boolean;
  readonly exit: ExitCode;

  constructor(code: string, message: string, details: SwarmErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    if (details.hint !== undefined) this.hint = details.hint;
    this.retry = details.retry ?? false;
    this.exit = details.exit ?? 1;
  }
}
