/** `swarm approve <id>` and `swarm deny <id>`: a person's answer, given from anywhere. */
import { createInterface } from "node:readline/promises";
import {
  APPROVAL_HOURS_MAX,
  APPROVAL_SCOPES,
  type ApprovalScope,
  type StoredApproval,
} from "../../../infra/approval.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { findApproval, unknownApproval } from "../../../infra/redis/approval-index.ts";
import {
  approvalsOf,
  type Given,
  giveAnswer,
  REASON_MAX,
  shownWith,
  similarTo,
  type Wish,
} from "../approvals/give-answer.ts";
import { approvalLines, needsName } from "../approvals/show-approval.ts";
import { oneOf } from "../flags.ts";
import { type Hive, openHive } from "../hive.ts";
import { harmless, printJson } from "../print.ts";
import { say } from "../say.ts";
import { leaveToWorker } from "./run.ts";

/** Lines of one text that are shown before its name is asked for. */
const LINES_SHOWN = 40;

export const act = (args: readonly string[], flags: Record<string, unknown>): Promise<number> =>
  answer(true, args, flags);

export async function answer(
  allowed: boolean,
  [id = ""]: readonly string[],
  flags: Record<string, unknown>,
): Promise<number> {
  const wish = wishOf(allowed, flags);
  const hive = await openHive();
  try {
    const { run, approval } = await findApproval(hive.redis, hive.keys, id);
    const all = await approvalsOf(hive, run);
    const one = all.find((each) => each.id === approval);
    if (one === undefined) throw unknownApproval(id, `run ${run} does not hold it any more`);
    const named = await withName(hive, one, wish);
    const given = [await giveAnswer(hive, one, named)];
    if (flags.similar === true) {
      // Each by its own hash, as it is stored: the words are the same, who asks is not. The right was given with the first.
      const others = { ...named, hash: null, scope: "once" as const };
      for (const other of similarTo(one, all)) given.push(await giveAnswer(hive, other, others));
    }
    print(given, flags);
    const binding = (await hive.reader.run(run))?.fields.binding ?? "";
    // Who waited may have waited longer than the worker lived.
    return await leaveToWorker(hive, binding);
  } finally {
    hive.close();
  }
}

function wishOf(allowed: boolean, flags: Record<string, unknown>): Wish {
  const scope: ApprovalScope = oneOf(flags.scope, "--scope", APPROVAL_SCOPES) ?? "once";
  const reason = String(flags.reason ?? "");
  if (reason.length > REASON_MAX) {
    throw new SwarmError("usage.reason", `--reason has ${reason.length} characters; at most ${REASON_MAX}`, {
      exit: 2,
    });
  }
  const hours = hoursOf(flags.for);
  if (hours !== null && scope === "once") {
    throw new SwarmError("usage.for", "--for goes with --scope agent or --scope run", { exit: 2 });
  }
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return { allowed, reason, scope, hours, touch: text(flags.touch), hash: text(flags.hash) };
}

function hoursOf(value: unknown): number | null {
  if (value === undefined) return null;
  const hours = Number(value);
  if (/^\d+(\.\d+)?$/.test(String(value)) && hours > 0 && hours <= APPROVAL_HOURS_MAX) return hours;
  throw new SwarmError("usage.flag", `--for "${String(value)}" is not a number of hours up to ${APPROVAL_HOURS_MAX}`, {
    exit: 2,
    hint: "Give --for a number such as 8 or 0.5.",
  });
}

/** On a terminal the name is asked for; elsewhere the flag has to bring it. */
async function withName(hive: Hive, approval: StoredApproval, wish: Wish): Promise<Wish> {
  const { risk, touches, status } = approval;
  const asks = wish.allowed && wish.touch === null && needsName(risk) && touches.length > 0 && status === "pending";
  if (!asks || process.stdin.isTTY !== true || process.stderr.isTTY !== true) return wish;
  for (const line of approvalLines(approval, await shownWith(hive, approval, LINES_SHOWN))) say(line);
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    return { ...wish, touch: (await lines.question("type the name of what is at stake to approve: ")).trim() };
  } finally {
    lines.close();
  }
}

function print(given: readonly Given[], flags: Record<string, unknown>): void {
  const [first] = given;
  if (flags.json === true) {
    printJson({ v: 1, ...first, similar: given.slice(1).map(({ id }) => id) });
    return;
  }
  for (const { id, did, grant, runId, scope } of given) {
    const wider = grant === null ? "" : `; ${harmless(grant.rule)} for the ${scope} (${grant.id})`;
    process.stdout.write(`${did}: ${id} of run ${runId}${wider}\n`);
  }
}
