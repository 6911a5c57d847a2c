/**
 * bull-board over the swarm's queues, to look at and nothing else: a job is a hint, and one that was retried there would
 * pass by the mailbox, its order and its dedupe. It works offline: what it would fetch from elsewhere is taken out of its page.
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { HonoAdapter } from "@bull-board/hono";
import { serveStatic } from "@hono/node-server/serve-static";
import { Queue } from "bullmq";
import { Hono } from "hono";
import { LOCAL_BINDING } from "../../actors/runtime/bindings.ts";
import { bindingQueueName, queuePrefix, typeQueueName } from "../../infra/queue/queues.ts";
import type { Hive } from "../cli/hive.ts";
import { Refusal } from "./problem.ts";
import type { Bound } from "./stage.ts";

const BASE = "/queues";
/** Its page sets styles in elements as it runs; everything else is its own files. */
const BOARD_POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

export interface Board {
  readonly routes: Hono<Bound>;
  close(): Promise<void>;
}

export function openBoard({ redis, keys }: Pick<Hive, "redis" | "keys">, types: readonly string[]): Board {
  const queues = [...types.map(typeQueueName), bindingQueueName(LOCAL_BINDING)].map(
    (name) => new Queue(name, { connection: redis, prefix: queuePrefix(keys.prefix) }),
  );
  // What Redis cannot do is told where it is asked for; without a listener it would end the process.
  for (const queue of queues) queue.on("error", () => {});
  const adapters = queues.map((queue) => {
    const adapter = new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false });
    // All that a job may hold is whom it is about; words of anybody else are none of this page's business.
    adapter.setFormatter("data", shownData);
    adapter.setFormatter("returnValue", () => null);
    return adapter;
  });
  const server = new HonoAdapter(serveStatic);
  server.setBasePath(BASE);
  const uiBasePath = dirname(createRequire(import.meta.url).resolve("@bull-board/ui/package.json"));
  createBullBoard({
    queues: adapters,
    serverAdapter: server,
    options: { uiBasePath, uiConfig: { boardTitle: "statehive: queues, read-only", hideRedisDetails: true } },
  });
  const routes = new Hono<Bound>();
  routes.use("*", async (c, next) => {
    if (c.req.method !== "GET") throw new Refusal(405, "board.read_only", "the queues are shown here, not changed");
    await next();
    c.res.headers.set("Content-Security-Policy", BOARD_POLICY);
    if (c.res.headers.get("content-type")?.startsWith("text/html") !== true) return;
    const html = (await c.res.text()).replace(/<link[^>]+href="https?:\/\/[^"]*"[^>]*>/g, "");
    c.res = new Response(html, { status: c.res.status, headers: c.res.headers });
  });
  routes.route("/", server.registerPlugin() as unknown as Hono<Bound>);
  return {
    routes,
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
    },
  };
}

function shownData(data: unknown): unknown {
  const { member } = (data ?? {}) as { readonly member?: unknown };
  return { member: typeof member === "string" ? member.slice(0, 300) : null };
}
