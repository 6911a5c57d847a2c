/** The server as a source: JSON doors, and one stream of events that picks up where it broke off. */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import type { ApiError, ApiLog, ApiMail } from "../../server/api.ts";
import type { ApiScene } from "../../server/api-swarm.ts";
import { type Following, type Mailbox, type Source, SourceError } from "./source.ts";

/** Events asked for at once while the past is loaded. */
const PAGE = 2_000;
const RETRY_MS = 2_000;

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const init: RequestInit =
    body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "content-type": "application/json", "x-swarm": "1" },
          body: JSON.stringify(body),
        };
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: "same-origin" });
  } catch {
    throw new SourceError(0, "server.gone", "The server does not answer.", "Is `swarm up` still running?");
  }
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  throw refusalOf(response.status, text);
}

function refusalOf(status: number, text: string): SourceError {
  try {
    const { error } = JSON.parse(text) as ApiError;
    return new SourceError(status, error.code, error.message, error.hint);
  } catch {
    const hint = status === 401 ? "Open the address that `swarm up` prints: it holds a fresh token." : null;
    return new SourceError(status, `http.${status}`, `The server answered ${status}.`, hint);
  }
}

const part = encodeURIComponent;

/** What is null is left out. */
function query(fields: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [`${name}=${part(value)}`]));
  return given.length === 0 ? "" : `?${given.join("&")}`;
}

/** Null where the door is not there yet, or knows nothing of it. */
async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (cause) {
    if (cause instanceof SourceError && [404, 501].includes(cause.status)) return null;
    throw cause;
  }
}

export const serverSource: Source = {
  frozen: false,
  caveat: "",
  status: () => ask("/api/status"),
  runs: (after) => ask(`/api/runs?limit=100${after === null ? "" : `&after=${part(after)}`}`),
  run: (run) => ask(`/api/runs/${part(run)}?brief=1`),
  follow,
  scene: async (machine) => (await ask<ApiScene>(`/api/machines/${part(machine)}/scene`)).scene,
  actorAt: (run, actor, seq) => orNull(ask(`/api/runs/${part(run)}/actors/${part(actor)}?at=${seq}`)),
  approvals: (run, after) => ask(`/api/approvals${query({ run, after })}`),
  approval: (id) => ask(`/api/approvals/${part(id)}`),
  answer: (id, order) => ask(`/api/approvals/${part(id)}/answer`, order),
  letters: (after) => ask(`/api/letters${query({ after })}`),
  letter: (id) => ask(`/api/letters/${part(id)}`),
  requeue: (id, order) => ask(`/api/letters/${part(id)}/requeue`, order),
  drop: (id) => ask(`/api/letters/${part(id)}/drop`, {}),
  setGoing: (run, order) => ask(`/api/runs/${part(run)}/${order}`, {}),
  mailboxes,
  why: (run, agent) => orNull(ask(`/api/runs/${part(run)}/why${agent === null ? "" : `?agent=${part(agent)}`}`)),
  cache: (run) => orNull(ask(`/api/runs/${part(run)}/cache`)),
  queues: () => orNull(ask("/api/queues")),
};

async function mailboxes(run: string): Promise<ReadonlyMap<string, Mailbox>> {
  const { agents } = await ask<ApiMail>(`/api/runs/${part(run)}/mail`);
  return new Map(agents.map(({ id, mail, pending }) => [id, { mail, pending }]));
}

/** Pages of the log first, then the stream: a stream of a hundred thousand events would be read one message at a time. */
function follow(run: string, { onEvents, onState }: Following): () => void {
  let stopped = false;
  let last = 0;
  let stream: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  const begin = (): void => {
    load().catch((cause: unknown) => later(new SourceError(0, "page.failed", String(cause), null)));
  };
  const later = (problem: SourceError): void => {
    if (stopped) return;
    const final = problem.status === 401 || problem.status === 404;
    onState(final ? "over" : "lost", problem);
    if (!final) again = setTimeout(begin, RETRY_MS);
  };
  const load = async (): Promise<void> => {
    try {
      for (let more = true; more && !stopped; ) {
        const page = await ask<ApiLog>(`/api/runs/${part(run)}/log?after=${last}&limit=${PAGE}`);
        if (stopped) return;
        if (page.events.length > 0) onEvents(page.events);
        last = Math.max(last, page.last);
        more = page.more;
      }
    } catch (cause) {
      later(cause instanceof SourceError ? cause : new SourceError(0, "page.failed", String(cause), null));
      return;
    }
    if (!stopped) listen();
  };
  const listen = (): void => {
    onState("live");
    stream = new EventSource(`/api/runs/${part(run)}/events?after=${last}`);
    stream.addEventListener("message", ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as LoggedEvent;
      onEvents([event]);
      last = event.seq;
    });
    for (const end of ["gone", "unreadable"]) {
      stream.addEventListener(end, (message) => {
        stream?.close();
        const { message: words = "The run is not there any more." } = JSON.parse(
          (message as MessageEvent<string>).data,
        ) as { readonly message?: string };
        onState("over", new SourceError(0, `log.${end}`, words, null));
      });
    }
    stream.addEventListener("open", () => onState("live"));
    stream.addEventListener("error", () => {
      // Opened anew, from the log on: by itself it would not ask after a refusal, nor tell what refused it.
      stream?.close();
      onState("lost");
      again = setTimeout(begin, RETRY_MS);
    });
  };
  onState("loading");
  begin();
  return () => {
    stopped = true;
    clearTimeout(again);
    stream?.close();
  };
}
