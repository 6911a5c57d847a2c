/** What was allowed, asked about and refused, and by whom, up to the cursor. */
import { useSignal } from "@preact/signals";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { here, moveCursor, open } from "./store.ts";
import { plain, timeOfDay } from "./words.ts";

/** Decisions that are listed, the newest. */
const SHOWN = 200;

const OF_AUDIT = [
  "permission.decided",
  "approval.requested",
  "approval.answered",
  "approval.withdrawn",
  "grants.given",
  "grants.revoked",
] as const;
type Told = Extract<LoggedEvent, { type: (typeof OF_AUDIT)[number] }>;
const isAudit = (event: LoggedEvent): event is Told => (OF_AUDIT as readonly string[]).includes(event.type);

export function Audit() {
  const quiet = useSignal(false);
  const run = open.value;
  if (run === null) return null;
  const told: Told[] = [];
  for (let seq = here.value; seq >= 1 && told.length < SHOWN; seq--) {
    const event = run.fold.events[seq - 1];
    if (event === undefined || !isAudit(event)) continue;
    if (quiet.value && event.type === "permission.decided" && event.decision === "allow") continue;
    told.push(event);
  }
  return (
    <div class="audit">
      <label class="bar">
        <input
          type="checkbox"
          checked={quiet.value}
          onChange={(event) => {
            quiet.value = event.currentTarget.checked;
          }}
        />{" "}
        only what was not simply allowed
      </label>
      {told.length === SHOWN && (
        <p class="quiet">The newest {SHOWN} up to the cursor; earlier ones: move the slider.</p>
      )}
      {told.length === 0 && <p class="empty">Nothing was decided yet.</p>}
      {told.length > 0 && (
        <table>
          <thead>
            <tr>
              <th class="num">event</th>
              <th>time</th>
              <th>agent</th>
              <th>what</th>
              <th>decision</th>
              <th>why</th>
            </tr>
          </thead>
          <tbody>
            {told.map((event) => (
              <tr key={event.seq}>
                <td class="num">
                  <button type="button" class="more" onClick={() => moveCursor(event.seq)}>
                    {event.seq}
                  </button>
                </td>
                <td>{timeOfDay(Date.parse(event.at))}</td>
                <td>{plain(event.actor)}</td>
                <Decision event={event} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Decision({ event }: { readonly event: Told }) {
  const [what, decision, why] = wordsOf(event);
  return (
    <>
      <td>{plain(what)}</td>
      <td>{plain(decision)}</td>
      <td>{plain(why).slice(0, 300)}</td>
    </>
  );
}

function wordsOf(event: Told): readonly [string, string, string] {
  switch (event.type) {
    case "permission.decided":
      return [`${event.tool} (${event.risk})`, event.decision, `${event.rule}: ${event.reason}`];
    case "approval.requested":
      return [`${event.tool} (${event.risk})`, "asked", `${event.rule}: ${event.reason}`];
    case "approval.answered":
      return [
        event.approval,
        event.allowed ? "approved" : "denied",
        `${event.by}${event.reason === "" ? "" : `: ${event.reason}`}`,
      ];
    case "approval.withdrawn":
      return [event.approval, "withdrawn", event.reason];
    case "grants.given":
      return ["rights", "given", event.grants.map(({ rule, by }) => `${rule} (${by})`).join(", ")];
    case "grants.revoked":
      return [event.rule, "revoked", `${event.by}: ${event.reason}`];
  }
}
