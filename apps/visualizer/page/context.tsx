/** What an actor remembered at this moment, and what its last step changed of that. */
import type { ActorAt } from "../../../actors/runtime/actor-at.ts";
import { differences } from "./context-diff.ts";
import { Block, Long } from "./long.tsx";
import { plain } from "./words.ts";

export function Context({ step, asked }: { readonly step: ActorAt | null; readonly asked: boolean }) {
  if (step === null || (step.context === null && step.problem === null)) {
    return (
      <p class="empty">
        {asked && step === null
          ? "Its memory is folded from the log…"
          : "What it remembered is not in this file: `swarm replay RUN --to EVENT` tells it."}
      </p>
    );
  }
  const { told, more } = differences(step.before ?? undefined, step.context ?? undefined);
  return (
    <div class="context">
      {step.problem !== null && <p class="warn">No further than this can it be folded: {plain(step.problem)}</p>}
      <h3>
        Changed by its step {step.version}{" "}
        <span class="quiet">
          events {step.firstSeq} to {step.lastSeq}
        </span>
      </h3>
      {step.before === null && <p class="quiet">That was its first step.</p>}
      {step.before !== null && told.length === 0 && <p class="quiet">Nothing.</p>}
      {step.before !== null && (
        <ul class="diff">
          {told.map(({ path, kind, before, after }) => (
            <li key={path} class={kind}>
              <code class="path">{plain(path === "" ? "(all)" : path)}</code>
              {before !== "" && (
                <del>
                  <Long text={before} max={240} />
                </del>
              )}
              {after !== "" && (
                <ins>
                  <Long text={after} max={240} />
                </ins>
              )}
            </li>
          ))}
        </ul>
      )}
      {more > 0 && <p class="quiet">{more} more places changed.</p>}
      <h3>All of it</h3>
      {Object.entries(step.context ?? {}).map(([key, value]) => (
        <details key={key}>
          <summary>
            <code>{plain(key)}</code> <span class="quiet">{sizeWords(value)}</span>
          </summary>
          <Block text={JSON.stringify(value, null, 2) ?? ""} lines={40} label={`Memory: ${key}`} />
        </details>
      ))}
    </div>
  );
}

function sizeWords(value: unknown): string {
  if (Array.isArray(value)) return `${value.length} entries`;
  if (typeof value === "object" && value !== null) return `${Object.keys(value).length} keys`;
  return (JSON.stringify(value) ?? "").slice(0, 80);
}
