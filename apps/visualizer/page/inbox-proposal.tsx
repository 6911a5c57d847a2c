/** One call that waits, in full: arguments to the letter, differences, what it touches, which rule asked, who waits. */
import type { ComponentChildren } from "preact";
import type { ApiApprovalDetail } from "../../server/api-orders.ts";
import { Diff } from "./diff.tsx";
import { lineDiff, unifiedLines } from "./line-diff.ts";
import { Block, Long } from "./long.tsx";
import { nowMs } from "./ticking.ts";
import { clock, plain } from "./words.ts";

export function Proposal({ detail }: { readonly detail: ApiApprovalDetail }) {
  const { tool, risk, agent, agentType, runId, task, reason, rule, touches, downstream, similar } = detail;
  return (
    <>
      <header class="bar">
        <h2>{plain(tool)}</h2>
        <span class={`risk risk-${risk}`}>{risk}</span>
        <span class="quiet">expires in {clock(Date.parse(detail.expiresAt) - nowMs.value)}</span>
      </header>
      <dl class="facts">
        <Fact name="asked by">
          {plain(agent)} ({plain(agentType)}){task === "" ? "" : `, task ${plain(task)}`},{" "}
          <a href={`#/run/${encodeURIComponent(runId)}`}>run {plain(runId)}</a>
        </Fact>
        <Fact name="why asked">
          <Long text={reason} max={300} />
        </Fact>
        <Fact name="rule">
          <code>{plain(rule)}</code>
        </Fact>
        <Fact name="touches">
          {touches.length === 0
            ? "nothing that is known by name"
            : touches.map((one) => <code key={one}>{plain(one)}</code>)}
        </Fact>
        <Fact name="waits behind it">
          {downstream.length === 0
            ? "no other task"
            : downstream.map((one) => `${plain(one.task)} (${plain(one.type)}, ${one.status})`).join(", ")}
          {detail.downstreamMore > 0 && `, and ${detail.downstreamMore} more`}
        </Fact>
        {similar.length > 0 && <Fact name="asked alike">{similar.length} more wait with the same words</Fact>}
      </dl>
      <h3>{detail.cut ? "Arguments, cut at 64 KB (the hash is over all)" : "Exactly this"}</h3>
      <Arguments detail={detail} />
      {detail.diff !== null && (
        <>
          <h3>Difference{detail.diff.cut ? ", cut at 256 KB" : ""}</h3>
          <Diff lines={unifiedLines(detail.diff.text)} label="Difference that is asked about" />
        </>
      )}
      <details>
        <summary>as `swarm approvals show` says it, analysis and costs included</summary>
        <Block text={detail.lines.join("\n")} lines={30} label="The same in words" />
      </details>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Each argument by its name; an edit as the difference that it makes. */
function Arguments({ detail: { input, cut } }: { readonly detail: ApiApprovalDetail }) {
  if (cut || typeof input !== "object" || input === null) {
    return (
      <Block text={typeof input === "string" ? input : (JSON.stringify(input, null, 2) ?? "")} label="Arguments" />
    );
  }
  const { old_string: before, new_string: after, ...rest } = input as Readonly<Record<string, unknown>>;
  const isEdit = typeof before === "string" && typeof after === "string";
  const shown = isEdit ? rest : (input as Readonly<Record<string, unknown>>);
  return (
    <dl class="arguments">
      {Object.entries(shown).map(([name, value]) => (
        <Fact key={name} name={plain(name)}>
          <Block
            text={typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "")}
            label={`Argument ${name}`}
          />
        </Fact>
      ))}
      {isEdit && (
        <Fact name="old_string → new_string">
          <Diff lines={lineDiff(before, after)} label="Edit" />
        </Fact>
      )}
    </dl>
  );
}
