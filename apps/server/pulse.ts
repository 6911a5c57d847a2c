/**
 * Whether Redis is there, as everything that the server does wants to know: a question ends with its answer, or with an
 * error that says that Redis is gone, and never waits for it to come back.
 */
import type { Redis } from "ioredis";
import { Refusal } from "./problem.ts";

export interface Pulse {
  state(): "up" | "down";
  /** Told of each change; the answer ends that. */
  onChange(listener: () => void): () => void;
  /** Throws Refusal `redis.down`, 503, where the connection is lost before the answer, or none comes in time. */
  ask<Answer>(question: () => Promise<Answer>): Promise<Answer>;
  close(): void;
}

/** Milliseconds that anybody waits for an answer. */
const ASK_MS = 30_000;

export function pulseOf(redis: Redis): Pulse {
  let up = redis.status === "ready";
  const listeners = new Set<() => void>();
  const turn = (now: boolean): void => {
    if (up === now) return;
    up = now;
    for (const listener of [...listeners]) listener();
  };
  const onReady = (): void => turn(true);
  const onClose = (): void => turn(false);
  redis.on("ready", onReady);
  redis.on("close", onClose);
  const onChange: Pulse["onChange"] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    state: () => (up ? "up" : "down"),
    onChange,
    async ask(question) {
      if (!up) throw down();
      let over = (): void => {};
      const lost = new Promise<never>((_, reject) => {
        const silent = setTimeout(() => reject(down()), ASK_MS);
        const quiet = onChange(() => reject(down()));
        over = () => {
          clearTimeout(silent);
          quiet();
        };
      });
      const answer = question();
      // What was given up may still fail, and nobody is there to hear of it.
      answer.catch(() => {});
      try {
        return await Promise.race([answer, lost]);
      } finally {
        over();
      }
    },
    close() {
      redis.off("ready", onReady);
      redis.off("close", onClose);
      listeners.clear();
    },
  };
}

const down = (): Refusal =>
  new Refusal(503, "redis.down", "Redis cannot be reached at the moment; nothing committed is lost", {
    retry: true,
    hint: "The server goes on by itself as soon as it is back.",
  });
