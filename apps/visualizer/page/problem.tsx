/** What was refused, and the way out. */
import type { SourceError } from "./source.ts";
import { plain } from "./words.ts";

export function Problem({ problem }: { readonly problem: SourceError | null }) {
  if (problem === null) return null;
  return (
    <div class="problem" role="alert">
      <b>{plain(problem.message)}</b> <code>{plain(problem.code)}</code>
      {problem.hint !== null && <p>{plain(problem.hint)}</p>}
    </div>
  );
}
