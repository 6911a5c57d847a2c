/** The page's own files, from one folder that the build fills: only what lies in it by a plain name is ever given out. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";
import { sha256 } from "../../infra/ids.ts";
import { noSuch, Refusal } from "./problem.ts";
import type { Bound } from "./stage.ts";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  woff2: "font/woff2",
  json: "application/json",
};
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const FILE_MAX = 4 * 1024 * 1024;

export function pageRoutes(folder: string): Hono<Bound> {
  const app = new Hono<Bound>();
  app.get("/", async (c) => {
    const file = await fileOf(folder, "index.html");
    if (file === null) {
      throw new Refusal(503, "page.missing", "this installation has no page: it was not built", {
        hint: "The API under /api and the queues under /queues are there all the same. `npm run build` builds the page.",
      });
    }
    return given(c.req.header("if-none-match"), file);
  });
  app.get("/page/:name", async (c) => {
    const name = c.req.param("name");
    const file = NAME.test(name) ? await fileOf(folder, name) : null;
    if (file === null) throw noSuch("file of that name");
    return given(c.req.header("if-none-match"), file);
  });
  return app;
}

interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
}

/** Null where there is none. Never through a link. */
async function fileOf(folder: string, name: string): Promise<PageFile | null> {
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
  if (type === undefined) return null;
  const handle = await open(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null);
  if (handle === null) return null;
  try {
    const facts = await handle.stat();
    if (!facts.isFile() || facts.size > FILE_MAX) return null;
    const bytes = new Uint8Array(await handle.readFile());
    return { bytes, type, etag: `"${sha256(bytes).slice(0, 16)}"` };
  } finally {
    await handle.close();
  }
}

function given(known: string | undefined, { bytes, type, etag }: PageFile): Response {
  const headers = { "Content-Type": type, ETag: etag, "Cache-Control": "private, no-cache" };
  return known === etag ? new Response(null, { status: 304, headers }) : new Response(bytes, { headers });
}
