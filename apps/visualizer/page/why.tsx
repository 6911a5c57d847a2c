/** What an actor, or the run, waits for, and the command that unblocks it. */
import { useAsked } from "./asked.ts";
import { Problem } from "./problem.tsx";
import type { Source } from "./source.ts";
import { plain } from "./words.ts";

const EVERY_MS = 5_000;

export function Why({
  source,
  run,
  actor,
}: {
  readonly source: Source;
  readonly run: string;
  readonly actor: string | null;
}) {
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
    <ol class="causes">
      {value.causes.map((cause, index) => (
        <li key={index}>
          <span class="tag">{plain(cause.kind)}</span> {plain(cause.text)}
          {cause.command !== null && <code class="command">{plain(cause.command)}</code>}
        </li>
      ))}
    </ol>
  );
}
