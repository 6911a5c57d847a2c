/** Every refusal and failure as one kind of answer: a status, and the code, words and way out that the command line would give. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { SwarmError } from "../../infra/errors.ts";
import type { Log } from "../../infra/log.ts";
import { StoreError } from "../../infra/store-error.ts";
import type { ApiError } from "./api.ts";

/** A refusal of the server itself, whose status says most of it. */
export class Refusal extends SwarmError {
  readonly status: ContentfulStatusCode;
  constructor(
    status: ContentfulStatusCode,
    code: string,
    message: string,
    details: { readonly hint?: string; readonly retry?: boolean; readonly cause?: unknown } = {},
  ) {
    super(code, message, details);
    this.status = status;
  }
}

export const noSuch = (what: string): Refusal => new Refusal(404, "not_found", `there is no ${what}`);

export function problemAnswer(c: Context, cause: unknown, log: Pick<Log, "error">): Response {
  const told = toldOf(cause);
  if (told.status === 500) log.error({ err: cause, path: c.req.path }, "a request could not be answered");
  const { code, message, hint, retryable } = told;
  if (!c.req.path.startsWith("/api") && (c.req.header("accept") ?? "").includes("text/html")) {
    return c.text(`${message}\n${hint ?? ""}\n`, told.status);
  }
  return c.json<ApiError>({ v: 1, error: { code, message, hint, retryable } }, told.status);
}

interface Told {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly retryable: boolean;
}

function toldOf(cause: unknown): Told {
  if (cause instanceof z.ZodError) {
    const [issue] = cause.issues;
    const where = issue?.path.join(".") ?? "";
    const message = `${where === "" ? "" : `${where}: `}${issue?.message ?? "it does not fit"}`;
    return { status: 400, code: "request.invalid", message, hint: null, retryable: false };
  }
  if (cause instanceof SwarmError) {
    const { code, message, hint, retry } = cause;
    return { status: statusOf(cause), code, message, hint: hint ?? null, retryable: retry };
  }
  // What went wrong inside is for the log: its words may hold paths and parts of inputs.
  return {
    status: 500,
    code: "internal",
    message: "this is a bug of statehive; the server's log says more",
    hint: null,
    retryable: false,
  };
}

/** Codes whose word after the dot means the same everywhere. */
const BY_WORD: Readonly<Record<string, ContentfulStatusCode>> = {
  unknown: 404,
  gone: 404,
  forged: 409,
  answered: 409,
  ended: 409,
  archived: 409,
  below: 409,
  over: 409,
  not_failed: 409,
  not_taken: 409,
  not_verified: 409,
  full: 409,
};

function statusOf(error: SwarmError): ContentfulStatusCode {
  if (error instanceof Refusal) return error.status;
  if (error instanceof StoreError || error.exit === 7) return 503;
  const known = BY_WORD[error.code.slice(error.code.indexOf(".") + 1)];
  if (known !== undefined) return known;
  return error.exit === 2 ? 400 : 500;
}
