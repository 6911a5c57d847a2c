/** What came of the run: its result with evidence and reasons, its tasks, and what was spent by whom. */
import type { ApiRun } from "../../server/api.ts";
import { Block, Long } from "./long.tsx";
import { runFacts } from "./store.ts";
import { plain, short } from "./words.ts";

const ROWS_MAX = 200;

export function Result() {
  const run = runFacts.value;
  if (run === null) return <p class="empty">The run's documents are read…</p>;
  const { result, blackBox } = run;
  return (
    <div class="result">
      {result === null ? (
        <p class="quiet">It is not over.</p>
      ) : (
        <section>
          <h3>
            Result:{" "}
            <span class={`status status-${result.status === "verified" ? "completed" : "failed"}`}>
              {result.status}
            </span>
          </h3>
          {result.reasons.map((reason, index) => (
            <p key={index}>
              <Long text={reason} max={300} />
            </p>
          ))}
          <Block text={wordsOf(result.value)} lines={20} label="Value of the result" />
          {result.evidence.length > 0 && <h3>Evidence</h3>}
          {result.evidence.slice(0, ROWS_MAX).map((evidence, index) => (
            <Block key={index} text={JSON.stringify(evidence) ?? ""} lines={6} label={`Evidence ${index + 1}`} />
          ))}
          <Rest of={run.runId} count={result.evidence.length} />
        </section>
      )}
      {blackBox !== null && (
        <section>
          <h3>Black box</h3>
          <p>
            <Long text={blackBox.reason} max={400} /> <span class="quiet">at event {blackBox.lastSeq}</span>
          </p>
        </section>
      )}
      <Tasks run={run} />
      <Spending run={run} />
    </div>
  );
}

function wordsOf(value: unknown): string {
  const { summary, ...others } = (typeof value === "object" && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  return typeof summary === "string" && Object.keys(others).length === 0
    ? summary
    : (JSON.stringify(value, null, 2) ?? "");
}

function Tasks({ run }: { readonly run: ApiRun }) {
  if (run.tasks.length === 0) return null;
  return (
    <section>
      <h3>Tasks</h3>
      <table>
        <thead>
          <tr>
            <th>task</th>
            <th>type</th>
            <th>status</th>
            <th class="num">attempt</th>
            <th>needs</th>
          </tr>
        </thead>
        <tbody>
          {run.tasks.slice(0, ROWS_MAX).map((task) => (
            <tr key={task.id}>
              <td>{plain(task.id)}</td>
              <td>{plain(task.type)}</td>
              <td>{plain(task.status)}</td>
              <td class="num">{task.attempt}</td>
              <td>{plain(task.needs.join(", "))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Rest of={run.runId} count={run.tasks.length} />
    </section>
  );
}

/** What is not listed here, and where it is. */
function Rest({ of, count }: { readonly of: string; readonly count: number }) {
  if (count <= ROWS_MAX) return null;
  return (
    <p class="quiet">
      The first {ROWS_MAX} of {count}. All: <code>swarm show {plain(of)} --json</code>
    </p>
  );
}

function Spending({ run }: { readonly run: ApiRun }) {
  const { usage, budget, spending } = run;
  const money = (usdSpent: number | null): string => (usdSpent === null ? "unknown" : `$${usdSpent.toFixed(5)}`);
  return (
    <section>
      <h3>Spent</h3>
      <p>
        {usage.modelCalls} model calls, {short(usage.totalTokens)} tokens ({short(usage.inputTokens)} in,{" "}
        {short(usage.outputTokens)} out, {short(usage.cacheReadTokens)} read from the cache,{" "}
        {short(usage.cacheWriteTokens)} written to it), {money(usage.costUsd)}
        {budget.usd.max !== null && ` of ${money(budget.usd.max)}`}
        {budget.tokens.max !== null && `, ${short(budget.tokens.spent ?? 0)} of ${short(budget.tokens.max)} tokens`}
      </p>
      <table>
        <thead>
          <tr>
            <th>type</th>
            <th class="num">agents</th>
            <th class="num">tokens</th>
            <th class="num">cost</th>
          </tr>
        </thead>
        <tbody>
          {spending.types.map((type) => (
            <tr key={type.type}>
              <td>{plain(type.type)}</td>
              <td class="num">{type.agents}</td>
              <td class="num">{short(type.tokens.spent)}</td>
              <td class="num">{money(type.usd.spent)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
