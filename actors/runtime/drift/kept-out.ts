/**
 * Keeps what was taken out from running, also where it was judged before: asked at the moment of use. A plugin's tool
 * that its operator vouches for as one that only looks is watched while it runs; where it changed something, it is out.
 */
import type { OutsideEffect } from "../../../machines/effect.ts";
import type { RunEvent } from "../../../machines/run-event.ts";
import type { ToolDeclaration } from "../../../registry/tool.ts";
import type { AuditEntry } from "../audit-entry.ts";
import { toolResultEntry } from "../conversation.ts";
import type { Answer, PerformContext, Performer, Performers } from "../performer.ts";
import type { PinBook } from "../pin-book.ts";
import type { RunRow } from "../run-row.ts";
import type { ToolWatch } from "../tool-watch.ts";
import { observe } from "./observe.ts";

export interface KeptOutDeps {
  readonly book: PinBook;
  readonly watch: ToolWatch;
  /** The tool as this run knows it. */
  readonly named: (name: string, context: PerformContext) => Promise<ToolDeclaration | undefined>;
  /** Our own folders, which change while a call runs. Absolute. */
  readonly apart: readonly string[];
}

type ToolOrder = Extract<OutsideEffect, { type: "tool.run" }>;

/** The folder that the run was started on: what it brings was approved for that one. */
export const scopeOf = ({ workspace, config }: Pick<RunRow, "workspace" | "config">): string =>
  config.isolation?.source ?? workspace;

export function keptOut(performers: Performers, deps: KeptOutDeps): Performers {
  const acting = countActing();
  return {
    ...performers,
    "model.call": modelCallWith(performers["model.call"], deps),
    "tool.run": async (order, context) => {
      const why = (await deps.watch.out(scopeOf(context.run))).get(order.tool);
      if (why !== undefined) return refused(order, context, why);
      const tool = await deps.named(order.tool, context);
      const run = () => performers["tool.run"](order, context);
      if (tool?.tier !== "plugin") return acting.during(tool?.risk !== "read-only", run);
      const looks = tool.risk === "read-only";
      return withFinding(
        deps,
        order,
        context,
        await (looks ? watched(deps, acting, order, context, run) : acting.during(true, run)),
      );
    },
  };
}

/** What its server was found to be while the call was made stands in the run's log, whoever found it. */
async function withFinding(
  { book }: KeptOutDeps,
  { tool }: ToolOrder,
  { run }: PerformContext,
  answer: Answer,
): Promise<Answer> {
  if (answer.told.some(({ type }) => type === "registry.drifted")) return answer;
  for (const scope of ["", scopeOf(run)]) {
    const { state, reasons } = await book.look({ kind: "tool", scope, name: tool });
    if (state !== "drifted" && state !== "quarantined") continue;
    const why = reasons.length === 0 ? "its definition is not the one that was approved" : reasons.join("; ");
    return { ...answer, told: [...answer.told, drifted(tool, why)] };
  }
  return answer;
}

/** A call that was refused because its tool is out takes the tool out for good, and the run's log says so. */
function modelCallWith(inner: Performer<"model.call">, { watch }: KeptOutDeps): Performer<"model.call"> {
  return async (order, context) => {
    const answer = await inner(order, context);
    const met = (answer.audit ?? []).filter(({ rule }) => rule === "registry.quarantined");
    if (met.length === 0) return answer;
    const names = [...new Set(met.map(({ tool }) => tool))];
    await watch.met(scopeOf(context.run), names);
    const told = names.map((tool) => drifted(tool, met.find((row) => row.tool === tool)?.reason ?? ""));
    return { ...answer, told: [...answer.told, ...told] };
  };
}

const drifted = (tool: string, reason: string): RunEvent => ({
  type: "registry.drifted",
  tool,
  state: "quarantined",
  reasons: [reason],
});

function refused({ call, tool, inputHash }: ToolOrder, context: PerformContext, why: string): Answer {
  const { address, session, entries } = context;
  const reason = `${tool} was taken out: ${why}`;
  const said = entries.findLastIndex(({ content }) =>
    content.some((block) => block.type === "tool_use" && block.id === call),
  );
  const row: AuditEntry = {
    ...{ call, tool, agentType: session?.agentType ?? address.type, handler: "worker", inputHash },
    ...{ policy: session?.policy ?? "-", decision: "deny", risk: "unknown", rule: "registry.quarantined", reason },
    ...(said < 0 ? {} : { said }),
  };
  return {
    event: { type: "tool.finished", call, ok: false } as Answer["event"],
    entries: [toolResultEntry(call, `not run: ${reason}`, false)],
    told: [{ type: "tool.refused", call, tool, reason }, drifted(tool, why)],
    audit: [row],
  };
}

interface Acting {
  during<Value>(acts: boolean, act: () => Promise<Value>): Promise<Value>;
  /** Changes whenever somebody of this worker may have changed something. */
  mark(): string;
}

function countActing(): Acting {
  let begun = 0;
  let out = 0;
  return {
    async during(acts, act) {
      if (!acts) return act();
      begun += 1;
      out += 1;
      try {
        return await act();
      } finally {
        out -= 1;
      }
    },
    mark: () => (out === 0 ? String(begun) : `${begun} of which ${out} are out`),
  };
}

/** Paths that are named as evidence, at most. */
const NAMED_MAX = 5;

async function watched(
  { book, apart }: KeptOutDeps,
  acting: Acting,
  { tool }: ToolOrder,
  { run }: PerformContext,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const before = acting.mark();
  const { value: answer, changed } = await observe({ folder: run.workspace, apart }, act);
  // What another agent of this worker did meanwhile cannot be told from it: the next call will show.
  const alone = before === acting.mark() && !before.includes("out");
  if (changed.length === 0 || !alone) return answer;
  const named = changed.slice(0, NAMED_MAX).map((path) => JSON.stringify(path));
  const more = changed.length > NAMED_MAX ? ` and ${changed.length - NAMED_MAX} more` : "";
  const reason = `declared read-only, and while it ran the workspace changed: ${named.join(", ")}${more}`;
  for (const scope of ["", scopeOf(run)]) {
    const name = { kind: "tool", scope, name: tool } as const;
    const { approved } = await book.look(name);
    if (approved !== null)
      await book.found(name, approved.definition, { reasons: [reason], quarantine: true, by: "run" });
  }
  return { ...answer, told: [...answer.told, drifted(tool, reason)] };
}
