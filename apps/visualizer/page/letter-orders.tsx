/** What can be done about one dead letter: it is said in words what will happen, and happens after a second yes. */
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { ApiLetter, ApiLetterDetail } from "../../server/api-orders.ts";
import { asProblem, useAsked } from "./asked.ts";
import { Problem } from "./problem.tsx";
import type { Source, SourceError } from "./source.ts";
import { plain } from "./words.ts";

interface OrdersProps {
  readonly source: Source;
  readonly letter: ApiLetter;
  readonly answered: (words: string) => void;
}

export function LetterOrders({ source, letter, answered }: OrdersProps) {
  const { value, problem } = useAsked(() => source.letter(letter.id), letter.id);
  const to = useSignal("");
  const meant = useSignal<"requeue" | "drop" | null>(null);
  const busy = useSignal(false);
  const refused = useSignal<SourceError | null>(null);
  if (value === null) return <Problem problem={problem} />;
  const { requeue } = value;
  const carryOut = (): void => {
    const order =
      meant.value === "drop"
        ? source.drop(letter.id)
        : source.requeue(letter.id, to.value === "" ? {} : { to: to.value });
    busy.value = true;
    refused.value = null;
    order.then(
      ({ did }) => answered(`${did}: ${letter.task?.id ?? letter.agent ?? letter.id}`),
      (cause: unknown) => {
        busy.value = false;
        meant.value = null;
        refused.value = asProblem(cause);
      },
    );
  };
  if (meant.value !== null) {
    return (
      <Confirm
        words={meant.value === "drop" ? dropWords(value) : requeueWords(value, to.value)}
        yes={meant.value === "drop" ? "Yes, drop it for good" : "Yes, requeue it"}
        harm={meant.value === "drop"}
        busy={busy.value}
        carryOut={carryOut}
        back={() => (meant.value = null)}
      />
    );
  }
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
        <button type="button" class="yes" onClick={() => (meant.value = "requeue")}>
          Requeue…
        </button>
        <button type="button" class="no" onClick={() => (meant.value = "drop")}>
          Drop…
        </button>
      </div>
    </div>
  );
}

function Confirm(props: {
  readonly words: string;
  readonly yes: string;
  readonly harm: boolean;
  readonly busy: boolean;
  readonly carryOut: () => void;
  readonly back: () => void;
}) {
  const { words, yes, harm, busy, carryOut, back } = props;
  const no = useRef<HTMLButtonElement>(null);
  // Whoever came by keys stands on the answer that changes nothing.
  useLayoutEffect(() => no.current?.focus(), []);
  return (
    <fieldset class="answers">
      <legend>Sure?</legend>
      <p>{plain(words)}</p>
      <div class="bar">
        <button type="button" ref={no} disabled={busy} onClick={back}>
          No, back
        </button>
        <button type="button" class={harm ? "no" : "yes"} disabled={busy} onClick={carryOut}>
          {yes}
        </button>
      </div>
    </fieldset>
  );
}

function requeueWords({ requeue, agent, agentType, runId }: ApiLetterDetail, to: string): string {
  const task = requeue.task === null || requeue.task === "" ? "its task" : `task ${requeue.task}`;
  if (to === "" && requeue.canGoBack) {
    return `${agent ?? "The agent"} goes on in run ${runId} as it died: its state, the message at the head of its mailbox, and its effects that were out. What killed it may kill it again.`;
  }
  return `A new ${to === "" ? agentType : to} agent begins ${task} of run ${runId} from the beginning; that costs another attempt.`;
}

const dropWords = ({ requeue, runId }: ApiLetterDetail): string =>
  `The letter is forgotten, with all that is kept of it here. ${requeue.task === null || requeue.task === "" ? "Its work" : `Task ${requeue.task}`} of run ${runId} stays undone, and nothing brings the letter back.`;
