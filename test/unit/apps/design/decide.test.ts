// Decisions of a design: lean where nothing asks for more, every skip with what brings it back, every answer with a use.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contradictionsIn } from "../../../../apps/cli/design/contradictions.ts";
import { type Decisions, decide } from "../../../../apps/cli/design/decide.ts";
import { harnessOf, harnessSchema } from "../../../../apps/cli/design/harness-file.ts";
import { harnessText, isUntouched } from "../../../../apps/cli/design/harness-text.ts";
import { type Answers, completed, isAsked, questions } from "../../../../apps/cli/design/questions.ts";
import { primitiveIds } from "../../../../registry/probes/finding.ts";

const solo: Answers = {
  runs: "cli",
  users: "me",
  agents: "one",
  session: "minutes",
  effects: "workspace",
  money: "metered",
};
const anyAnswers = fc
  .record(
    Object.fromEntries(questions.map(({ id, options }) => [id, fc.constantFrom(...options.map((one) => one.id))])),
  )
  .map((answers) => answers as Answers);
const levels = ({ primitives }: Decisions): string => JSON.stringify(primitives.map(({ level }) => level));
const skippedIn = ({ primitives }: Decisions): string[] =>
  primitives.filter(({ decision }) => decision === "skip").map(({ id }) => id);
const levelIn = ({ primitives }: Decisions, id: string): string | null | undefined =>
  primitives.find((primitive) => primitive.id === id)?.level;

describe("a lean design", () => {
  test("a solo command-line tool skips at least five primitives, and never the registry, the budget or the permissions", () => {
    const skipped = skippedIn(decide(solo));
    expect(skipped.length).toBeGreaterThanOrEqual(5);
    for (const id of ["tool-registry", "token-budget", "permission-system"]) expect(skipped).not.toContain(id);
  });

  test("nothing answered is the leanest of all: no other answers build less", () => {
    const least = decide({}).order.length;
    fc.assert(
      fc.property(anyAnswers, (answers) => decide({ ...answers, effects: "workspace" }).order.length >= least - 1),
    );
    expect(least).toBeLessThanOrEqual(4);
  });

  test("agent types are built for several agents only, whatever else is answered", () => {
    fc.assert(
      fc.property(anyAnswers, (answers) => {
        const wanted = levelIn(decide({ ...answers, agents: "one" }), "agent-type-system");
        expect(wanted).toBeNull();
      }),
    );
    expect(levelIn(decide({ agents: "kinds" }), "agent-type-system")).toBe("present");
  });

  test("a swarm that strangers use, over days, builds all twelve", () => {
    const all = decide({
      runs: "service",
      users: "public",
      agents: "swarm",
      session: "days",
      effects: "world",
      untrusted: "strangers",
      permissions: "rules",
      tools: "many",
      money: "billed",
      results: "unread",
    });
    expect(skippedIn(all)).toEqual([]);
  });
});

describe("triggers", () => {
  test("what is skipped has a trigger, and each trigger alone brings it back", () => {
    fc.assert(
      fc.property(anyAnswers, (answers) => {
        const decisions = decide(answers);
        for (const { id, decision, triggers } of decisions.primitives) {
          if (decision === "build") continue;
          expect(triggers.length, id).toBeGreaterThan(0);
          for (const { question, answer } of triggers) {
            const other = decide({ ...decisions.answers, [question]: answer });
            expect(levelIn(other, id), `${id} by ${question}=${answer}`).not.toBeNull();
          }
        }
      }),
    );
  });
});

describe("questions", () => {
  test("every answer of every question that is asked changes what is decided, or why, whatever was answered before it", () => {
    const told = ({ primitives }: Decisions): string =>
      JSON.stringify(primitives.map(({ level, reasons }) => [level, reasons]));
    const later: readonly Answers[] = [{}, { untrusted: "strangers" }, { effects: "world" }, { effects: "workspace" }];
    let seen = 0;
    fc.assert(
      fc.property(anyAnswers, fc.nat(questions.length - 1), (answers, at) => {
        const question = questions[at];
        if (question === undefined) return;
        const before: Answers = Object.fromEntries(
          questions
            .slice(0, at)
            .map(({ id }) => [id, completed(answers)[id]])
            .filter(([, answer]) => answer !== undefined),
        );
        if (!isAsked(question, before)) return;
        const outcomes = question.options.map(({ id }) =>
          JSON.stringify(later.map((rest) => told(decide({ ...rest, ...before, [question.id]: id })))),
        );
        expect(new Set(outcomes).size, `${question.id} after ${JSON.stringify(before)}`).toBe(outcomes.length);
        seen += 1;
      }),
      { numRuns: 500 },
    );
    expect(seen).toBeGreaterThan(200);
  });

  test("each answer of each question changes a level somewhere", () => {
    for (const { id, options } of questions) {
      for (const option of options) {
        const others = options.filter((other) => other.id !== option.id);
        for (const other of others) {
          const differs = fc
            .sample(anyAnswers, { numRuns: 400, seed: 7 })
            .some(
              (answers) =>
                levels(decide({ ...answers, [id]: option.id })) !== levels(decide({ ...answers, [id]: other.id })),
            );
          expect(differs, `${id}: ${option.id} or ${other.id}`).toBe(true);
        }
      }
    }
  });

  test("an answer to a question that is not asked changes nothing and is not among the answers", () => {
    const plain = decide({ agents: "one", runs: "cli" });
    const more = decide({ agents: "one", runs: "cli", machines: "several" });
    expect(more).toEqual(plain);
    expect(more.answers).not.toHaveProperty("machines");
    expect(decide({ runs: "service", machines: "several" }).answers).toHaveProperty("machines");
  });
});

describe("contradictions", () => {
  const found = (answers: Answers): string[] => decide(answers).contradictions.map(({ id }) => id);

  test("a swarm without permissions is challenged, and one with rules is not", () => {
    expect(found({ agents: "swarm", users: "team", permissions: "none" })).toEqual(["swarm-without-permissions"]);
    expect(found({ agents: "swarm", users: "team", permissions: "rules" })).toEqual([]);
  });

  test("the lean answers are at peace with each other", () => {
    expect(found({})).toEqual([]);
    expect(found(solo)).toEqual([]);
  });

  test("each can be ended by each question that it names", () => {
    fc.assert(
      fc.property(anyAnswers, (answers) => {
        const given = completed(answers);
        for (const { id, questions: named } of contradictionsIn(given)) {
          for (const name of named) {
            const options = questions.find((question) => question.id === name)?.options ?? [];
            const ended = options.some((option) => !found({ ...given, [name]: option.id }).includes(id));
            expect(ended, `${id} by ${name}`).toBe(true);
          }
        }
      }),
    );
  });
});

describe("what is written", () => {
  test("the document is what its schema says, after a journey as text, for any answers", () => {
    fc.assert(
      fc.property(anyAnswers, (answers) => {
        const harness = harnessOf(decide(answers), []);
        expect(harnessSchema.parse(JSON.parse(JSON.stringify(harness)))).toEqual(harness);
        expect(harness.primitives.map(({ id }) => id)).toEqual([...primitiveIds]);
        for (const { decision, trigger } of harness.primitives) {
          if (decision === "skip") expect(trigger).toEqual(expect.stringMatching(/\w/));
        }
      }),
    );
  });

  test("the page names every primitive, each skipped one with its trigger, and lean answers that nobody gave", () => {
    const decisions = decide(solo);
    const text = harnessText(decisions, ["results"]);
    const skipped = decisions.primitives.filter(({ decision }) => decision === "skip");
    expect(skipped.length).toBeGreaterThan(4);
    for (const { triggers } of skipped) expect(text).toContain(`until ${triggers[0]?.until}`);
    expect(text.match(/nobody said so/g)).toHaveLength(1);
  });

  test("a page on which one character was changed is not taken for our own", () => {
    const text = harnessText(decide(solo), []);
    expect(isUntouched(text)).toBe(true);
    expect(isUntouched(text.replace("harness", "Harness"))).toBe(false);
    expect(isUntouched("# Mine\n")).toBe(false);
    expect(isUntouched("")).toBe(false);
  });
});
