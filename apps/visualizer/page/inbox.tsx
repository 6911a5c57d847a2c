/** What waits for a person: the call to the letter, why it is asked about, who waits behind it; and the answer, bound to it. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { AnswerOrder, ApiApproval, ApiApprovalDetail } from "../../server/api-orders.ts";
import { asProblem, pagesOf, useAsked } from "./asked.ts";
import { Answers, type Wish } from "./inbox-answer.tsx";
import { pickedOf } from "./inbox-pick.ts";
import { Proposal } from "./inbox-proposal.tsx";
import { More } from "./more.tsx";
import { Problem } from "./problem.tsx";
import type { Source, SourceError } from "./source.ts";
import { nowMs } from "./ticking.ts";
import { clock, plain } from "./words.ts";

const EVERY_MS = 3_000;

interface InboxProps {
  readonly source: Source;
  /** Of this run alone; null: of all. */
  readonly run: string | null;
  readonly chosen: string | null;
}

export function Inbox({ source, run, chosen }: InboxProps) {
  const pages = useSignal(1);
  const asked = useAsked(() => pagesOf((after) => source.approvals(run, after), pages.value), run ?? "", EVERY_MS);
  const { value, problem, again } = asked;
  const looked = useSignal<string | null>(chosen);
  const done = useSignal("");
  const heading = useRef<HTMLHeadingElement>(null);
  /** Answered from here: the list that names them yet is old. */
  const mine = useRef(new Set<string>());
  const list = (value?.flatMap(({ approvals }) => approvals) ?? []).filter(({ id }) => !mine.current.has(id));
  const end = value?.at(-1);
  const ids = list.map((one) => one.id);
  const { id, gone } = pickedOf(looked.value, ids, end === undefined || end.next !== null);
  useEffect(() => {
    looked.value = id;
  }, [id]);
  const { value: detail, problem: missing } = useAsked(
    () => (id === null ? Promise.resolve(null) : source.approval(id)),
    id ?? "",
  );
  const answered = (words: string): void => {
    if (id !== null) mine.current.add(id);
    done.value = words;
    looked.value = null;
    heading.current?.focus();
    again();
  };
  return (
    <main class="inbox">
      <h1 ref={heading} tabIndex={-1}>
        Waits for you
      </h1>
      {run !== null && (
        <p class="quiet">
          of run {plain(run)}; <a href="#/inbox">of all runs</a>
        </p>
      )}
      <Problem problem={problem} />
      <p class="done" role="status">
        {plain(done.value)}
      </p>
      {value !== null && list.length === 0 && <p class="empty">Nothing waits for a person.</p>}
      <div class="inbox-panes">
        <div>
          <ul class="asks" aria-label="Approvals that wait" onKeyDown={onArrow}>
            {list.map((one) => (
              <li key={one.id}>
                <Asks one={one} current={one.id === id} pick={() => (looked.value = one.id)} />
              </li>
            ))}
          </ul>
          <More
            shown={list.length}
            total={end?.total ?? 0}
            next={end?.next ?? null}
            which="those that were asked first"
            more={() => {
              pages.value += 1;
              again();
            }}
          />
        </div>
        <div>
          <Problem problem={missing} />
          {gone && (
            <p class="problem" role="status">
              This one does not wait any more: it was answered elsewhere or withdrawn, or its time is over.{" "}
              {list.length > 0 && (
                <button type="button" onClick={() => (looked.value = null)}>
                  the next one
                </button>
              )}
            </p>
          )}
          {detail !== null && detail.id === id && (
            <Detail key={detail.hash} source={source} detail={detail} open={!gone} answered={answered} />
          )}
        </div>
      </div>
    </main>
  );
}

/** Arrows move along the list; Enter opens. */
function onArrow(event: KeyboardEvent): void {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (way === undefined) return;
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  event.preventDefault();
  buttons[Math.max(0, Math.min(buttons.length - 1, at + way))]?.focus();
}

function Asks(props: { readonly one: ApiApproval; readonly current: boolean; readonly pick: () => void }) {
  const { one, current, pick } = props;
  return (
    <button type="button" class={`ask ${current ? "is-here" : ""}`} aria-current={current} onClick={pick}>
      <span class={`risk risk-${one.risk}`}>{one.risk}</span>
      <b>{plain(one.tool)}</b>
      <span class="line">{plain(inShort(one.input)).slice(0, 120)}</span>
      <span class="quiet">
        {plain(one.agentType)}, waits {clock(nowMs.value - Date.parse(one.askedAt))}
      </span>
    </button>
  );
}

function inShort(input: unknown): string {
  const { command, file_path: path, url, question } = (input ?? {}) as Readonly<Record<string, unknown>>;
  const said = [command, path, url, question].find((text) => typeof text === "string");
  return typeof said === "string" ? said : (JSON.stringify(input) ?? "");
}

interface DetailProps {
  readonly source: Source;
  readonly detail: ApiApprovalDetail;
  /** It waits yet. */
  readonly open: boolean;
  readonly answered: (words: string) => void;
}

function Detail({ source, detail, open, answered }: DetailProps) {
  const problem = useSignal<SourceError | null>(null);
  const busy = useSignal(false);
  const give = (allowed: boolean, wish: Wish): void => {
    busy.value = true;
    problem.value = null;
    const order: AnswerOrder = {
      allowed,
      hash: detail.hash,
      ...(allowed ? { scope: wish.scope } : {}),
      ...(wish.reason.trim() === "" ? {} : { reason: wish.reason }),
      ...(allowed && detail.needsTouch && wish.touch !== "" ? { touch: wish.touch } : {}),
    };
    source.answer(detail.id, order).then(
      ({ did }) => answered(`${did}: ${detail.tool} of ${detail.agent}`),
      (cause: unknown) => {
        busy.value = false;
        problem.value = asProblem(cause);
      },
    );
  };
  return (
    <article class="detail" aria-label={`Approval ${detail.id}`}>
      <Proposal detail={detail} />
      <Problem problem={problem.value} />
      {open && <Answers detail={detail} busy={busy.value} give={give} />}
      <p class="quiet hash">
        The answer is bound to <code>{detail.hash}</code>: if anything of the call were changed, it would be refused.
      </p>
    </article>
  );
}
