/** What waits for a person: the call to the letter, why it is asked about, who waits behind it; and the answer, bound to it. */
import { useSignal } from "@preact/signals";
import type { AnswerOrder, ApiApproval, ApiApprovalDetail } from "../../server/api-orders.ts";
import { asProblem, useAsked } from "./asked.ts";
import { Answers, type Wish } from "./inbox-answer.tsx";
import { Proposal } from "./inbox-proposal.tsx";
import { Problem } from "./problem.tsx";
import type { Source, SourceError } from "./source.ts";
import { nowMs } from "./ticking.ts";
import { clock, plain } from "./words.ts";

const EVERY_MS = 3_000;

export function Inbox({
  source,
  run,
  chosen,
}: {
  readonly source: Source;
  readonly run: string | null;
  readonly chosen: string | null;
}) {
  const { value, problem, again } = useAsked(() => source.approvals(run), run ?? "", EVERY_MS);
  const picked = useSignal<string | null>(chosen);
  const done = useSignal("");
  const list = value?.approvals.filter(({ status }) => status === "pending") ?? [];
  const id = list.find((one) => one.id === picked.value)?.id ?? list[0]?.id ?? null;
  const { value: detail, problem: missing } = useAsked(
    () => (id === null ? Promise.resolve(null) : source.approval(id)),
    id ?? "",
  );
  return (
    <main class="inbox">
      <h1>Waits for you</h1>
      <Problem problem={problem} />
      <p class="done" role="status">
        {plain(done.value)}
      </p>
      {value !== null && list.length === 0 && <p class="empty">Nothing waits for a person.</p>}
      <div class="inbox-panes">
        <ul class="asks" aria-label="Approvals that wait">
          {list.map((one) => (
            <li key={one.id}>
              <Asks one={one} current={one.id === id} pick={() => (picked.value = one.id)} />
            </li>
          ))}
        </ul>
        <Problem problem={missing} />
        {detail !== null && detail.id === id && (
          <Detail
            key={detail.hash}
            source={source}
            detail={detail}
            answered={(words) => {
              done.value = words;
              again();
            }}
          />
        )}
      </div>
    </main>
  );
}

function Asks({
  one,
  current,
  pick,
}: {
  readonly one: ApiApproval;
  readonly current: boolean;
  readonly pick: () => void;
}) {
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

function Detail(props: {
  readonly source: Source;
  readonly detail: ApiApprovalDetail;
  readonly answered: (words: string) => void;
}) {
  const { source, detail, answered } = props;
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
      <Answers detail={detail} busy={busy.value} give={give} />
      <p class="quiet hash">
        The answer is bound to <code>{detail.hash}</code>: if anything of the call were changed, it would be refused.
      </p>
    </article>
  );
}
