// The walk through the questions: one at a time, kept after each, contradictions at once, nothing asked twice.

import { describe, expect, test } from "vitest";
import { answersIn, type GivenAnswers } from "../../../../apps/cli/design/answers.ts";
import { decide } from "../../../../apps/cli/design/decide.ts";
import type { Answers } from "../../../../apps/cli/design/questions.ts";
import { type Respondent, walk } from "../../../../apps/cli/design/walk.ts";
import { SwarmError } from "../../../../infra/errors.ts";

const nothing: GivenAnswers = { answers: {}, confirmed: [] };

/** Answers so, else leanly; `challenged` says what becomes of a contradiction; `leavesAfter`: so many answers, then goes away. */
function somebody(
  answers: Readonly<Record<string, string>>,
  {
    challenged = "keep" as Awaited<ReturnType<Respondent["challenge"]>>,
    leavesAfter = Number.POSITIVE_INFINITY,
    again = {} as Readonly<Record<string, string>>,
  } = {},
): Respondent & { readonly asked: string[]; readonly heard: string[] } {
  const asked: string[] = [];
  const heard: string[] = [];
  return {
    asked,
    heard,
    answer: (question) => {
      if (asked.length >= leavesAfter) return Promise.resolve(null);
      const twice = asked.includes(question.id);
      asked.push(question.id);
      return Promise.resolve((twice ? again[question.id] : answers[question.id]) ?? question.options[0].id);
    },
    challenge: (says) => {
      heard.push(says);
      return Promise.resolve(challenged);
    },
  };
}

describe("a walk", () => {
  test("asks about a dozen questions, none twice, and ends with an answer to each that was asked", async () => {
    const one = somebody({});
    const given = await walk(nothing, one, () => {});
    expect(Object.keys(given?.answers ?? {})).toEqual(one.asked);
    expect(new Set(one.asked).size).toBe(one.asked.length);
    expect(one.asked.length).toBeGreaterThanOrEqual(10);
    expect(one.asked).not.toContain("machines");
  });

  test("broken off and taken up again, asks only what is open and comes to the same decisions", async () => {
    let kept = nothing;
    const first = somebody({ session: "days", tools: "many" }, { leavesAfter: 5 });
    expect(await walk(nothing, first, (given) => (kept = given))).toBeNull();
    expect(Object.keys(kept.answers)).toHaveLength(5);
    const second = somebody({ session: "days", tools: "many" });
    const given = await walk(kept, second, () => {});
    expect(second.asked.filter((id) => first.asked.includes(id))).toEqual([]);
    expect(decide(given?.answers ?? {})).toEqual(decide({ session: "days", tools: "many" }));
  });

  test("a contradiction is asked about once; kept, it is confirmed by name", async () => {
    const one = somebody({ agents: "swarm", users: "team", permissions: "none" });
    const given = await walk(nothing, one, () => {});
    expect(one.heard).toHaveLength(1);
    expect(given?.confirmed).toEqual(["swarm-without-permissions"]);
  });

  test("a contradiction that is answered again is gone, and so is the answer", async () => {
    const one = somebody(
      { agents: "swarm", users: "team", permissions: "none" },
      { challenged: "permissions", again: { permissions: "rules" } },
    );
    const given = await walk(nothing, one, () => {});
    expect(one.heard).toHaveLength(1);
    expect(given).toMatchObject({ confirmed: [], answers: { agents: "swarm", permissions: "rules" } });
  });

  test("going back takes away the answers that are not asked any more", async () => {
    const begun: Answers = { runs: "cli", users: "me", agents: "swarm", session: "minutes" };
    const one = somebody({ agents: "one", machines: "several" }, { challenged: "agents" });
    const given = await walk({ answers: { ...begun, machines: "several" }, confirmed: [] }, one, () => {});
    expect(one.heard).toHaveLength(1);
    expect(given?.answers).toMatchObject({ agents: "one" });
    expect(given?.answers).not.toHaveProperty("machines");
  });

  test("whoever never stops contradicting is not asked for ever", async () => {
    let challenges = 0;
    const one: Respondent = {
      answer: ({ id, options }) =>
        Promise.resolve({ agents: "swarm", users: "team", permissions: "none" }[String(id)] ?? options[0].id),
      challenge: () => {
        challenges += 1;
        return Promise.resolve("permissions");
      },
    };
    expect(await walk(nothing, one, () => {})).toBeNull();
    expect(challenges).toBeGreaterThan(1);
    expect(challenges).toBeLessThan(501);
  });
});

describe("a file of answers", () => {
  const refusal = (text: string): SwarmError => {
    try {
      answersIn(text, "a.yaml");
    } catch (error) {
      if (error instanceof SwarmError) return error;
    }
    throw new Error("it was taken");
  };

  test("is the same in YAML and in JSON", () => {
    const yaml = answersIn("runs: ci\naudit: yes\nconfirmed: [nobody-to-ask]\n", "a.yaml");
    expect(yaml).toEqual({ answers: { runs: "ci", audit: "yes" }, confirmed: ["nobody-to-ask"] });
    expect(answersIn(JSON.stringify({ v: 1, ...yaml.answers, confirmed: yaml.confirmed }), "a.json")).toEqual(yaml);
  });

  test("what does not fit is told with field, value and what may stand there", () => {
    expect(refusal("runs: cloud\n").message).toMatch(/runs is "cloud"; it may be: cli, ci, service/);
    expect(refusal("session: 3\n").message).toMatch(/session is 3; it may be: minutes, hours, days/);
    expect(refusal("sesion: hours\n").message).toMatch(/"sesion" is no question; did you mean session\?/);
    expect(refusal("confirmed: [all]\n").message).toMatch(/confirmed\.0 is "all"/);
    for (const text of ["", "just words", "- a\n", "{", "a: &a [*a]\n", "v: 2\n"]) {
      expect(refusal(text), text).toMatchObject({ code: "usage.answers", exit: 2 });
    }
  });
});
