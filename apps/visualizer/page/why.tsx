/** What an actor, or the run, waits for, from facts, the likeliest first; and what unblocks it: a place on this page, a command, or both. */
import type { Cause } from "../../../actors/runtime/why.ts";
import { useAsked } from "./asked.ts";
import { Command } from "./command.tsx";
import { Problem } from "./problem.tsx";
import type { Source } from "./source.ts";
import { nowMs } from "./ticking.ts";
import { clock, plain } from "./words.ts";

const EVERY_MS = 5_000;

interface WhyProps {
  readonly source: Source;
  readonly run: string;
  /** Null: the whole run. */
  readonly actor: string | null;
}

export function Why({ source, run, actor }: WhyProps) {
  const { value, problem } = useAsked(() => source.why(run, actor), `${run} ${actor}`, source.frozen ? 0 : EVERY_MS);
  if (problem !== null) return <Problem problem={problem} />;
  if (value === null) {
    return (
      <p class="empty">
        Nothing is told here. On the command line: <code>swarm why {plain(actor ?? run)}</code>
      </p>
    );
  }
  if (value.causes.length === 0) return <p class="empty">Nothing holds it up.</p>;
  return (
    <div class="why">
      <p class="quiet">As things stand now, wherever the cursor is; what has to be undone first stands first.</p>
      <ol class="causes">
        {value.causes.map((cause, index) => (
          <li key={index}>
            <One cause={cause} ofRun={actor === null} />
          </li>
        ))}
      </ol>
      {value.more && <p class="quiet">There are more: what holds up one agent is told where it is looked at.</p>}
    </div>
  );
}

function One({ cause, ofRun }: { readonly cause: Cause; readonly ofRun: boolean }) {
  const { kind, agent, text, since, facts, command } = cause;
  const place = placeOf(cause);
  const told = [
    ...(ofRun && agent !== null ? [agent] : []),
    ...(since === null ? [] : [`for ${clock(nowMs.value - Date.parse(since))}`]),
    ...(facts.length === 0 ? [] : [`from ${facts.join(", ")}`]),
  ];
  return (
    <>
      <span class="tag">{plain(kind)}</span> {plain(text)}
      {told.length > 0 && <span class="quiet"> {plain(told.join(", "))}</span>}
      {place !== null && (
        <>
          {" "}
          <a href={place.to}>{place.words}</a>
        </>
      )}
      {command !== null && <Command text={command} />}
    </>
  );
}

/** Where this page can undo it. */
function placeOf({ kind, facts }: Cause): { readonly to: string; readonly words: string } | null {
  const asked = kind === "person" ? facts.find((fact) => /^p_[0-9a-z]+$/.test(fact)) : undefined;
  if (asked !== undefined) return { to: `#/inbox/${asked}`, words: "answer it here" };
  return kind === "quarantine" ? { to: "#/letters", words: "look at the dead letters" } : null;
}
