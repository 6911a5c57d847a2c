/** What a request says, parsed once: whatever does not fit is refused with 400 before anything is asked of Redis. */
import type { Context } from "hono";
import { z } from "zod";
import { SwarmError } from "../../infra/errors.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import { Refusal } from "./problem.ts";
import type { Pulse } from "./pulse.ts";

/** Bytes of a body, at most: every order is small. */
export const BODY_MAX = 64 * 1024;

export const seq = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const limited = (fallback: number, max: number) => z.coerce.number().int().min(1).max(max).default(fallback);
export const runId = z.string().regex(/^(@last|r_[A-Za-z0-9_-]{1,64})$/, "not the id of a run");
export const actorId = z.string().regex(/^[A-Za-z0-9_.:@-]{1,200}$/, "not the id of an agent");

/** Of the address: each name once, and no strangers. */
export function queryOf<Schema extends z.ZodType>(c: Context, schema: Schema): z.output<Schema> {
  const all = c.req.queries();
  for (const [name, values] of Object.entries(all)) {
    if (values.length > 1) throw new Refusal(400, "request.invalid", `${name} stands there ${values.length} times`);
  }
  return schema.parse(Object.fromEntries(Object.entries(all).map(([name, [value]]) => [name, value])));
}

export async function bodyOf<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/json(\s*;|$)/i.test(type)) {
    throw new Refusal(415, "request.type", "an order is JSON: send it as application/json");
  }
  let body: unknown;
  try {
    body = JSON.parse(await c.req.text());
  } catch (cause) {
    throw new Refusal(400, "request.invalid", "the body is not JSON", { cause });
  }
  return schema.parse(body);
}

/** The full id. Throws 404 where there is no such run. */
export async function runOf(c: Context, reader: Pick<Reader, "run" | "resolve">, pulse: Pulse): Promise<string> {
  const given = runId.parse(c.req.param("run"));
  if (given !== "@last" && (await pulse.ask(() => reader.run(given))) !== null) return given;
  try {
    return await pulse.ask(() => reader.resolve(given));
  } catch (cause) {
    if (cause instanceof SwarmError && cause.code === "run.unknown") {
      throw new Refusal(404, "run.unknown", cause.message, { hint: "GET /api/runs lists them.", cause });
    }
    throw cause;
  }
}
