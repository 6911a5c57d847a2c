/** The page around everything: where one is, and what waits elsewhere. */
import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useAsked } from "./asked.ts";
import { Inbox } from "./inbox.tsx";
import { Letters } from "./letters.tsx";
import { Run } from "./run.tsx";
import { Runs } from "./runs.tsx";
import { onPageKey } from "./scrubber.tsx";
import type { Source } from "./source.ts";
import { closeRun, openRun } from "./store.ts";
import { plain } from "./words.ts";

/** The part of the address behind `#`: `/run/r_1`, `/inbox/r_1`, `/letters`; nothing: the list of runs. */
const hash = signal(location.hash);
const route = computed(() => {
  const [, room = "", id = ""] = hash.value.replace(/^#/, "").split("/");
  return { room, id: safeDecoded(id) };
});

function safeDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

const STATUS_EVERY_MS = 3_000;

export function App({ source }: { readonly source: Source }) {
  useEffect(() => {
    const onHash = (): void => {
      hash.value = location.hash;
    };
    addEventListener("hashchange", onHash);
    document.addEventListener("keydown", onPageKey);
    return () => {
      removeEventListener("hashchange", onHash);
      document.removeEventListener("keydown", onPageKey);
    };
  }, []);
  const { room, id } = route.value;
  useEffect(() => {
    if (room === "run" && id !== "") openRun(source, id);
    else closeRun();
  }, [room, id, source]);
  return (
    <>
      <Head source={source} room={room} />
      {room === "run" && <Run source={source} />}
      {room === "inbox" && (
        <Inbox
          key={id}
          source={source}
          run={id.startsWith("r_") ? id : null}
          chosen={id.startsWith("p_") ? id : null}
        />
      )}
      {room === "letters" && <Letters source={source} />}
      {!["run", "inbox", "letters"].includes(room) && <Runs source={source} />}
    </>
  );
}

function Head({ source, room }: { readonly source: Source; readonly room: string }) {
  const { value, problem } = useAsked(() => source.status(), "", STATUS_EVERY_MS);
  const counts = value?.counts ?? null;
  const place = (name: string, to: string, words: string, count = 0) => (
    <a href={to} aria-current={room === name ? "page" : undefined}>
      {words}
      {count > 0 && <span class="count">{count}</span>}
    </a>
  );
  return (
    <header class="top">
      <a class="brand" href="#/">
        statehive
      </a>
      <nav aria-label="Page">
        {place("", "#/", "Runs", counts?.running ?? 0)}
        {place("inbox", "#/inbox", "Inbox", counts?.approvals ?? 0)}
        {place("letters", "#/letters", "Dead letters", counts?.deadLetters ?? 0)}
        <a href="/queues">Queues</a>
      </nav>
      <span class="quiet hive">
        {counts !== null &&
          `${counts.workers} ${counts.workers === 1 ? "worker" : "workers"} · $${counts.costUsdToday.toFixed(2)} today`}
      </span>
      {problem !== null && (
        <span class="warn" role="status">
          {plain(problem.message)} {problem.hint === null ? "" : plain(problem.hint)}
        </span>
      )}
      {value?.redis.state === "down" && (
        <span class="warn" role="status">
          Redis does not answer; what stands here may be old.
        </span>
      )}
    </header>
  );
}
