/**
 * Who is answered at all. Every request passes here first, in this order: does it mean this host, does it come from our
 * own page, is it let in. A browser on this machine is full of strangers' pages: each of the three is there because of them.
 */
import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { Refusal } from "./problem.ts";
import type { Sessions } from "./sessions.ts";
import { SESSION_MS, sameSecret } from "./sessions.ts";

export interface GateOptions {
  readonly sessions: Sessions;
  /** For scripts, as `Authorization: Bearer …`: for as long as this server runs. */
  readonly bearer: string;
  /** Known only once it listens. */
  readonly port: () => number;
}

/** Of what the page may do: nothing from elsewhere, nothing inline, in no frame. */
const PAGE_POLICY =
  "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

const WRITES: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const READS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

export function securityHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    if (!headers.has("Content-Security-Policy")) headers.set("Content-Security-Policy", PAGE_POLICY);
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  };
}

/** 421 where it was sent to another name: a page that had its own name point here would be of our origin. */
export function onlyOurName({ port }: Pick<GateOptions, "port">): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!namesOf(port()).includes(host.toLowerCase())) {
      throw new Refusal(421, "host.foreign", "this server answers to its own address only", {
        hint: `Open http://127.0.0.1:${port()}/. Over SSH, forward the same port: ssh -L ${port()}:127.0.0.1:${port()} HOST`,
      });
    }
    await next();
  };
}

/** 403 where another page sent it. Other ports of this host are other pages, although cookies take them for the same. */
export function onlyOurPage({ port }: Pick<GateOptions, "port">): MiddlewareHandler {
  return async (c, next) => {
    const { method } = c.req;
    if (!WRITES.has(method) && !READS.has(method)) throw new Refusal(405, "method", `${method} is not taken here`);
    const origin = c.req.header("origin");
    const site = c.req.header("sec-fetch-site");
    const ours = origin === undefined || namesOf(port()).some((name) => origin === `http://${name}`);
    const opens = c.req.path === "/" && c.req.header("sec-fetch-mode") === "navigate" && READS.has(method);
    const foreign = site !== undefined && site !== "same-origin" && site !== "none";
    if (!ours || (foreign && !opens)) {
      throw new Refusal(403, "origin.foreign", "another page sent this; only our own may");
    }
    // A strict cookie is not sent along where another page leads here: once more, and it is our own that leads.
    if (foreign) return c.html(onceMore(c.req.query("token")));
    await next();
    return undefined;
  };
}

const onceMore = (token: string | undefined): string => {
  const query = token !== undefined && /^[A-Za-z0-9_-]{1,64}$/.test(token) ? `?token=${token}` : "";
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/${query}"><title>statehive</title>`;
};

/** 401 unless a session or the bearer. What a session writes has to come with its page's own header. */
export function onlyLetIn({ sessions, bearer, port }: GateOptions): MiddlewareHandler {
  return async (c, next) => {
    const given = c.req.header("authorization");
    if (given !== undefined) {
      if (!given.startsWith("Bearer ") || !sameSecret(given.slice("Bearer ".length), bearer)) throw notLetIn();
      await next();
      return;
    }
    const id = getCookie(c, sessions.cookie);
    if (id === undefined || !sessions.knows(id)) throw notLetIn();
    if (WRITES.has(c.req.method)) {
      const origin = c.req.header("origin") ?? "";
      const isPage = namesOf(port()).some((name) => origin === `http://${name}`) && c.req.header("x-swarm") === "1";
      if (!isPage) throw new Refusal(403, "origin.missing", "a write of a browser has to say which page it comes from");
    }
    await next();
  };
}

/** `GET /?token=…`: lets this browser in, once, and shows the page without the token in its address. */
export function letIn({ sessions }: Pick<GateOptions, "sessions">): MiddlewareHandler {
  return async (c, next) => {
    const token = c.req.query("token");
    if (token === undefined || c.req.path !== "/" || c.req.method !== "GET") {
      await next();
      return;
    }
    const id = token.length > 200 ? null : await sessions.open(token);
    if (id === null) {
      const known = getCookie(c, sessions.cookie);
      if (known !== undefined && sessions.knows(known)) return c.redirect("/", 303);
      throw new Refusal(401, "auth.token", "this link was used already, or is too old", {
        hint: "A link lets one browser in, once. `swarm up` in the same folder prints a new one.",
      });
    }
    setCookie(c, sessions.cookie, id, {
      path: "/",
      httpOnly: true,
      sameSite: "Strict",
      maxAge: Math.floor(SESSION_MS / 1_000),
    });
    return c.redirect("/", 303);
  };
}

const namesOf = (port: number): readonly string[] => [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];

const notLetIn = (): Refusal =>
  new Refusal(401, "auth.required", "nobody is let in without the link that `swarm up` prints", {
    hint: "`swarm up` in the same folder prints a new link; scripts send its token as Authorization: Bearer.",
  });
