/** Dead letters: what could not be done, why, and the ways to send it back to work. */
import { useSignal } from "@preact/signals";
import type { ApiLetter } from "../../server/api-orders.ts";
import { asProblem, useAsked } from "./asked.ts";
import { Block, Long } from "./long.tsx";
import { Problem } from "./problem.tsx";
import type { Source, SourceError } from "./source.ts";
import { dateTime, plain } from "./words.ts";

const EVERY_MS = 5_000;

export function Letters({ source }: { readonly source: Source }) {
  const { value, problem, again } = useAsked(() => source.letters(), "", EVERY_MS);
  const done = useSignal("");
  return (
    <main class="letters">
      <h1>Dead letters</h1>
      <Problem problem={problem} />
      <p class="done" role="status">
        {plain(done.value)}
      </p>
      {value !== null && value.letters.length === 0 && <p class="empty">Nothing was given up.</p>}
      <ul>
        {value?.letters.map((letter) => (
          <li key={letter.id} class="card">
            <Letter
              source={source}
              letter={letter}
              answered={(words) => {
                done.value = words;
                again();
              }}
            />
          </li>
        ))}
      </ul>
      {value?.more === true && <p class="quiet">There are more: `swarm dlq list`.</p>}
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
      {letter.task !== null && letter.task.reasons.length > 0 && (
        <ul class="reasons">
          {letter.task.reasons.slice(0, 10).map((reason, index) => (
            <li key={index}>
              <Long text={reason} />
            </li>
          ))}
        </ul>
      )}
      <p class="quiet">
        {letter.claims} activations found it and vanished; state {plain(JSON.stringify(letter.state) ?? "none")};{" "}
        {letter.pending.length} effects were out
      </p>
      {letter.mail !== null && <Block text={letter.mail} lines={6} label="Message at the head of its mailbox" />}
      {opened.value ? (
        <Requeue source={source} letter={letter} answered={answered} />
      ) : (
        <button type="button" onClick={() => (opened.value = true)}>
          send back or drop…
        </button>
      )}
    </article>
  );
}

function Requeue(props: {
  readonly source: Source;
  readonly letter: ApiLetter;
  readonly answered: (words: string) => void;
}) {
  const { source, letter, answered } = props;
  const { value, problem } = useAsked(() => source.letter(letter.id), letter.id);
  const to = useSignal("");
  const busy = useSignal(false);
  const refused = useSignal<SourceError | null>(null);
  const order = (asked: Promise<{ readonly did: string }>): void => {
    busy.value = true;
    refused.value = null;
    asked.then(
      ({ did }) => answered(`${did}: ${letter.task?.id ?? letter.agent ?? letter.id}`),
      (cause: unknown) => {
        busy.value = false;
        refused.value = asProblem(cause);
      },
    );
  };
  if (value === null) return <Problem problem={problem} />;
  const { requeue } = value;
  return (
    <div class="answers">
      <Problem problem={refused.value} />
      <label class="field">
        <span>Give it to</span>
        <select value={to.value} onChange={(event) => (to.value = event.currentTarget.value)}>
          <option value="">{requeue.canGoBack ? "the same agent, as it was" : "a new agent of the same type"}</option>
          {requeue.types.map((type) => (
            <option key={type} value={type}>
              a new agent: {plain(type)}
            </option>
          ))}
        </select>
      </label>
      <div class="bar">
        <button
          type="button"
          class="yes"
          disabled={busy.value}
          onClick={() => order(source.requeue(letter.id, to.value === "" ? {} : { to: to.value }))}
        >
          Requeue
        </button>
        <button type="button" class="no" disabled={busy.value} onClick={() => order(source.drop(letter.id))}>
          Drop for good
        </button>
      </div>
    </div>
  );
}
