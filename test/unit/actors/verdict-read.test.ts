/** Laws of a check: only a verify agent's plain yes about this very result lets it through. */
import { expect, it } from "vitest";
import { verdictRead } from "../../../actors/runtime/effects/verdict-read.ts";
import type { Brief, Envelope } from "../../../machines/brief.ts";
import { envelope, holding, performing } from "../../support/given-proposals.ts";

const point = (holds: string, why = "I looked.") => ({ point: "it adds", holds, why });
const yes = { verdict: "holds", points: [point("yes")] };
const check: Brief = { id: "a-check", agentType: "verify", goal: "Check it." };

async function verdict(value: unknown, over: Partial<Envelope> = {}, brief: Brief | null = check) {
  const found = envelope({ id: "res_a-check", task: "a-check", value, standsOn: ["res_a"], ...over });
  const performer = verdictRead({ store: holding([found], brief === null ? [] : [brief]) });
  const order = { type: "verdict.read" as const, task: "a-check", result: "res_a-check", of: "res_a" };
  const { event, told } = await performer(order, performing());
  expect(told).toEqual([event]);
  return event as unknown as { readonly holds: boolean; readonly reasons: readonly string[] };
}

it("a plain yes holds, and has nothing to add", async () => {
  expect(await verdict(yes)).toEqual({ type: "verdict.read", task: "a-check", of: "res_a", holds: true, reasons: [] });
});

it.each([
  ["no", { verdict: "fails", points: [point("no", "It subtracts.")] }, "it adds: no: It subtracts."],
  ["doubt", { verdict: "undecided", points: [point("unknown")] }, "the check says: undecided"],
  [
    "a yes whose points say no",
    { verdict: "holds", points: [point("yes"), point("no", "It subtracts.")] },
    "It subtracts.",
  ],
  ["a yes without a point", { verdict: "holds", points: [] }, "gave no verdict"],
  ["another form", { summary: "It is fine." }, "gave no verdict"],
  ["nothing", null, "gave no verdict"],
])("%s does not hold, and says why", async (_, value, reason) => {
  const { holds, reasons } = await verdict(value);
  expect(holds).toBe(false);
  expect(reasons.join("\n")).toContain(reason);
});

it("a yes of somebody else, about something else, or that was never verified, does not hold", async () => {
  expect(await verdict(yes, {}, { ...check, agentType: "explore" })).toMatchObject({ holds: false });
  expect(await verdict(yes, { standsOn: ["res_b"] })).toMatchObject({ holds: false });
  expect(await verdict(yes, { status: "failed" })).toMatchObject({ holds: false });
  expect(await verdict(yes, { task: "b-check" })).toMatchObject({ holds: false });
  expect(await verdict(yes, { id: "res_other" })).toMatchObject({
    holds: false,
    reasons: ["the check a-check left no result"],
  });
  expect(await verdict(yes, {}, null)).toMatchObject({ holds: false });
});

it("few reasons are told, and none at length", async () => {
  const { reasons } = await verdict({
    verdict: "fails",
    points: Array.from({ length: 50 }, () => point("no", "y".repeat(2_000))),
  });
  expect(reasons).toHaveLength(10);
  expect(Math.max(...reasons.map((one) => one.length))).toBeLessThanOrEqual(500);
});
