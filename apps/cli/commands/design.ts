/**
 * `swarm design`: a dozen questions, and what follows from them for a harness that is about to be built: HARNESS.md for
 * people, harness.json for `swarm evaluate --against`. Asks no model, starts nothing.
 */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { SwarmError } from "../../../infra/errors.ts";
import { answersFile, type GivenAnswers } from "../design/answers.ts";
import { contradictionsIn } from "../design/contradictions.ts";
import { type Decisions, decide, untilWords } from "../design/decide.ts";
import { type Draft, draftIn } from "../design/draft.ts";
import { harnessOf } from "../design/harness-file.ts";
import { harnessText } from "../design/harness-text.ts";
import { questions } from "../design/questions.ts";
import { harnessFilesIn, writeHarness } from "../design/write-harness.ts";
import { primitiveNamed } from "../evaluate/primitives.ts";
import { printJson } from "../print.ts";
import { say } from "../say.ts";

/** As a shell says of a command that was interrupted. */
const LEFT = 130;

export async function act(_args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const json = flags.json === true;
  if (flags.questions === true) return printQuestions(json);
  const folder = resolve(String(flags.out ?? "."));
  const terminal = !json && process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (flags.answers === undefined && !terminal) throw nobodyToAsk();
  const script = flags.answers === undefined ? null : answersFile(String(flags.answers), "--answers");
  if (script !== null) refuseContradictions(script);
  mkdirFor(folder);
  const files = harnessFilesIn(folder, flags.yes === true);
  const draft = draftIn(folder);
  const given = script ?? (await asked(draft, flags.fresh === true));
  if (given === null) {
    say(`not finished. What you answered is kept in ${draft.path}; \`swarm design\` goes on from there.`);
    return LEFT;
  }
  const decisions = decide(given.answers);
  const assumed = Object.keys(decisions.answers).filter((id) => !Object.hasOwn(given.answers, id));
  const harness = harnessOf(decisions, assumed);
  writeHarness(files, harnessText(decisions, assumed), harness);
  if (script === null) draft.drop();
  for (const id of Object.keys(given.answers)) {
    if (!Object.hasOwn(decisions.answers, id)) say(`${id}: not asked after the other answers; it changes nothing`);
  }
  if (json) printJson({ ...harness, files });
  else process.stdout.write(`${summary(decisions).join("\n")}\n\nwrote ${files.words}\nwrote ${files.decisions}\n`);
  return 0;
}

async function asked(draft: Draft, fresh: boolean): Promise<GivenAnswers | null> {
  if (fresh) draft.drop();
  const begun = draft.read();
  if (begun !== null) say(`going on: ${Object.keys(begun.answers).length} answers are kept (--fresh begins anew)`);
  const [{ walk }, { person }] = await Promise.all([import("../design/walk.ts"), import("../design/prompts.ts")]);
  return await walk(begun ?? { answers: {}, confirmed: [] }, person, draft.keep);
}

const nobodyToAsk = (): SwarmError =>
  new SwarmError("usage.answers_needed", "there is no terminal to ask the questions on", {
    exit: 2,
    hint: "Give --answers FILE (JSON or YAML); `swarm design --questions` lists the questions and what they may be answered.",
  });

function refuseContradictions({ answers, confirmed }: GivenAnswers): void {
  const open = contradictionsIn(decide(answers).answers).filter(({ id }) => !confirmed.includes(id));
  if (open.length === 0) return;
  const lines = open.map(({ id, says, questions: which }) => `${id}: ${says} (${which.join(", ")})`);
  throw new SwarmError("design.contradiction", lines.join("\n"), {
    exit: 2,
    hint: `Change one of the answers named, or say that it is meant so: "confirmed": ${JSON.stringify(open.map(({ id }) => id))}.`,
  });
}

function mkdirFor(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new SwarmError("usage.output_file", `--out "${folder}" cannot be made a folder`, {
      exit: 2,
      cause,
      hint: "Give --out a folder that you may write in.",
    });
  }
}

function printQuestions(json: boolean): number {
  const list = questions.map((question) => ({
    id: question.id,
    ask: question.ask,
    options: question.options.map(({ id, label }) => ({ id, label })),
    lean: question.options[0].id,
    when: "when" in question ? question.when : null,
  }));
  if (json) printJson({ v: 1, questions: list });
  else {
    const text = list.map(({ id, ask, options }) =>
      [
        `${id}: ${ask}`,
        ...options.map((option, index) => `  ${option.id.padEnd(10)} ${option.label}${index === 0 ? " (lean)" : ""}`),
      ].join("\n"),
    );
    process.stdout.write(`${text.join("\n")}\n`);
  }
  return 0;
}

function summary({ order, primitives }: Decisions): string[] {
  const levelOf = new Map(primitives.map(({ id, level }) => [id, level]));
  return [
    "build, in this order:",
    ...order.map((id, index) => `  ${String(index + 1).padStart(2)}. ${primitiveNamed(id).title} (${levelOf.get(id)})`),
    "skip:",
    ...primitives
      .filter(({ decision }) => decision === "skip")
      .map(({ id, triggers }) => `   -  ${primitiveNamed(id).title}, until ${untilWords(triggers)}`),
  ];
}
