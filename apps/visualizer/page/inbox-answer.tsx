/** The answer to one call: once, or as a right for its agent or the run where one exact rule can say it; or no. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ApiApprovalDetail } from "../../server/api-orders.ts";
import { plain } from "./words.ts";

export interface Wish {
  readonly scope: "once" | "agent" | "run";
  readonly reason: string;
  /** What is at stake, as the person typed it. */
  readonly touch: string;
}

const REASON_MAX = 2_000;
/** Milliseconds in which nothing is answered yet: the second half of a double click is meant for what stood there before. */
const ARMED_AFTER_MS = 600;

export function Answers(props: {
  readonly detail: ApiApprovalDetail;
  readonly busy: boolean;
  readonly give: (allowed: boolean, wish: Wish) => void;
}) {
  const { detail, busy, give } = props;
  const scope = useSignal<Wish["scope"]>("once");
  const reason = useSignal("");
  const touch = useSignal("");
  const armed = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      armed.value = true;
    }, ARMED_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  const wish = (): Wish => ({ scope: scope.value, reason: reason.value, touch: touch.value });
  const named = !detail.needsTouch || detail.touches.length === 0 || detail.touches.includes(touch.value);
  const worded = !detail.question || reason.value.trim() !== "";
  return (
    <form class="answers" onSubmit={(event) => event.preventDefault()}>
      {detail.widerRule !== null && !detail.question && (
        <fieldset>
          <legend>Approve</legend>
          {(["once", "agent", "run"] as const).map((one) => (
            <label key={one}>
              <input type="radio" name="scope" checked={scope.value === one} onChange={() => (scope.value = one)} />{" "}
              {SCOPES[one]}
              {one !== "once" && (
                <span class="quiet">
                  {" "}
                  would have covered {detail.covered[one]} earlier {detail.covered[one] === 1 ? "call" : "calls"}
                </span>
              )}
            </label>
          ))}
          {scope.value !== "once" && (
            <p class="quiet">
              gives the right <code>{plain(detail.widerRule)}</code> until the run ends
            </p>
          )}
        </fieldset>
      )}
      {detail.widerRule === null && !detail.question && <p class="quiet">Only this one call can be approved.</p>}
      {detail.needsTouch && detail.touches.length > 0 && (
        <label class="field">
          <span>
            It is {detail.risk}. To approve, type what is at stake: <code>{plain(detail.touches[0] ?? "")}</code>
          </span>
          <input
            type="text"
            value={touch.value}
            autocomplete="off"
            onInput={(event) => (touch.value = event.currentTarget.value)}
          />
        </label>
      )}
      <label class="field">
        <span>{detail.question ? "Your answer" : "Reason (told to the agent where you deny; kept in the audit)"}</span>
        <textarea
          rows={2}
          maxLength={REASON_MAX}
          value={reason.value}
          onInput={(event) => (reason.value = event.currentTarget.value)}
        />
      </label>
      <div class="bar">
        <button
          type="button"
          class="yes"
          disabled={busy || !armed.value || !named || !worded}
          onClick={() => give(true, wish())}
        >
          {detail.question ? "Answer" : `Approve ${SCOPE_BUTTON[scope.value]}`}
        </button>
        <button type="button" class="no" disabled={busy || !armed.value} onClick={() => give(false, wish())}>
          Deny
        </button>
      </div>
    </form>
  );
}

const SCOPES = { once: "this call, once", agent: "for this agent", run: "for every agent of this run" } as const;
const SCOPE_BUTTON = { once: "once", agent: "for the agent", run: "for the run" } as const;
