/** Dead letters: what could not be done, why, and the ways to send it back to work. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ApiLetter } from "../../server/api-orders.ts";
import { pagesOf, useAsked } from "./asked.ts";
import { LetterOrders } from "./letter-orders.tsx";
import { Block, Long } from "./long.tsx";
import { More } from "./more.tsx";
import { Problem } from "./problem.tsx";
import type { Source } from "./source.ts";
import { dateTime, plain } from "./words.ts";

const EVERY_MS = 5_000;
/** Reasons of earlier attempts that are listed. */
const REASONS_SHOWN = 10;

export function Letters({ source }: { readonly source: Source }) {
  const pages = useSignal(1);
  const { value, problem, again } = useAsked(() => pagesOf(source.letters, pages.value), "", EVERY_MS);
  const done = useSignal("");
  const heading = useRef<HTMLHeadingElement>(null);
  const letters = value?.flatMap((page) => page.letters) ?? [];
  return (
    <main class="letters">
      <h1 ref={heading} tabIndex={-1}>
        Dead letters
      </h1>
      <Problem problem={problem} />
      <p class="done" role="status">
        {plain(done.value)}
      </p>
      {value !== null && letters.length === 0 && <p class="empty">Nothing was given up.</p>}
      <ul>
        {letters.map((letter) => (
          <li key={letter.id} class="card">
            <Letter
              source={source}
              letter={letter}
              answered={(words) => {
                done.value = words;
                heading.current?.focus();
                again();
              }}
            />
          </li>
        ))}
      </ul>
      <More
        shown={letters.length}
        total={value?.at(-1)?.total ?? 0}
        next={value?.at(-1)?.next ?? null}
        which="the newest"
        more={() => {
          pages.value += 1;
          again();
        }}
      />
    </main>
  );
}

function Letter(props: {
  readonly source: Source;
  readonly letter: ApiLetter;
  readonly answered: (words: string) => void;
}) {
  const { source, letter, answered } = props;
  const opened = useSignal(false);
  const reasons = letter.task?.reasons ?? [];
  return (
    <article aria-label={`Dead letter ${letter.id}`}>
      <header class="bar">
        <h2>{plain(letter.task?.id ?? letter.agent ?? letter.id)}</h2>
        <span class="quiet">
          {plain(letter.agentType)}, {dateTime(Date.parse(letter.at))},{" "}
          <a href={`#/run/${encodeURIComponent(letter.runId)}`}>run {plain(letter.runId)}</a>
        </span>
      </header>
      <p>
        <Long text={letter.reason} max={300} />
      </p>
      {reasons.length > 0 && (
        <ul class="reasons">
          {reasons.slice(0, REASONS_SHOWN).map((reason, index) => (
            <li key={index}>
              <Long text={reason} />
            </li>
          ))}
          {reasons.length > REASONS_SHOWN && (
            <li class="quiet">
              {reasons.length - REASONS_SHOWN} more: <code>swarm dlq show {plain(letter.id)}</code>
            </li>
          )}
        </ul>
      )}
      {letter.kind === "actor" && (
        <p class="quiet">
          {letter.claims} activations found it and vanished; state {plain(JSON.stringify(letter.state) ?? "none")};{" "}
          {letter.pending.length} effects were out
        </p>
      )}
      {letter.mail !== null && <Block text={letter.mail} lines={6} label="Message at the head of its mailbox" />}
      {opened.value ? (
        <LetterOrders source={source} letter={letter} answered={answered} />
      ) : (
        <button type="button" onClick={() => (opened.value = true)}>
          send back or drop…
        </button>
      )}
    </article>
  );
}
