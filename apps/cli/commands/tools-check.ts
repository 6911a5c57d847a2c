/**
 * `swarm tools check`: what was approved beside what is there. Exit 3 where something is not what it was; what is new is
 * approved with `--yes`, what changed with `--approve <name>`, each exactly as it was shown.
 */
import { realpathSync } from "node:fs";
import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { openBench } from "../../../actors/runtime/drift/bench.ts";
import { approveShown, type Checked, type CheckedRow, check } from "../../../actors/runtime/drift/check.ts";
import { countUse } from "../../../actors/runtime/drift/use-hints.ts";
import type { PinBook } from "../../../actors/runtime/pin-book.ts";
import { entriesOf } from "../../../actors/runtime/run-log.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { openHostState } from "../../../infra/journal/host-state.ts";
import { visible } from "../../../registry/drift/visible.ts";
import { tools } from "../../../registry/tools/index.ts";
import { releasePins } from "../../../registry/tools/release-pins.ts";
import { type Hive, openHive } from "../hive.ts";
import { nearestNames } from "../nearest-names.ts";
import { printJson, printTable } from "../print.ts";
import { openOwnSandbox } from "../sandbox.ts";
import { endLines, hintsAbout, refuseUnapprovable } from "../tools/check-end.ts";
import { chosenOf, namedIn, onOneLine, rowLines } from "../tools/checked-rows.ts";
import { bookOf } from "../tools/pins.ts";
import { pluginSurveys } from "../tools/plugin-surveys.ts";
import { skillSurveys } from "../tools/skill-surveys.ts";

/** Runs whose events are looked through for hints, the newest. */
const RUNS_MAX = 50;
const EVENTS_MAX = 20_000;

export async function act(names: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const json = flags.json === true;
  const approve = (flags.approve ?? []) as readonly string[];
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true && !json;
  if (approve.length > 0 && !terminal && flags.yes !== true) {
    throw new SwarmError("usage.tools", "nobody can be asked here whether that is what you want to approve", {
      exit: 2,
      hint: "Read what `swarm tools check` shows, then: swarm tools check --approve <name> --yes",
    });
  }
  const workspace = folderAt(String(flags.workspace ?? "."));
  const hive = await openHive();
  try {
    const book = bookOf(hive);
    const approving = approve.map(namedIn);
    const wanted = [...names, ...approving.map(({ name }) => name)];
    const checked = await looked(hive, book, workspace, wanted, flags.yes === true && approve.length === 0);
    unknownNames(wanted, checked);
    const chosen = chosenOf(checked.rows, approving);
    if (!json) print(checked, chosen);
    refuseUnapprovable(chosen);
    const rows = await approved(book, checked.rows, chosen, flags.yes === true);
    const hints =
      wanted.length === 0 ? [...checked.hints, ...(await useHints(hive))] : hintsAbout(wanted, checked.hints);
    if (json) printJson(documentOf(rows, hints));
    else {
      printHints(hints);
      const lines = endLines(checked.rows, rows);
      if (lines.length > 0) process.stdout.write(`\n${lines.join("\n")}\n`);
    }
    return rows.some(isOut) ? 3 : 0;
  } finally {
    hive.close();
  }
}

function folderAt(given: string): string {
  try {
    return realpathSync(given);
  } catch (cause) {
    const hint = "Give the path of a folder.";
    throw new SwarmError("workspace.not_found", `"${given}" does not exist`, { exit: 2, cause, hint });
  }
}

async function looked(
  hive: Hive,
  book: PinBook,
  workspace: string,
  names: readonly string[],
  approveNew: boolean,
): Promise<Checked> {
  const { config } = hive;
  const state = await openHostState(config.stateDirs);
  const sandbox = await openOwnSandbox(config, state);
  // Switched off, a command would have all our rights: no example is worth that.
  const confinement = sandbox.confinement === "off" ? null : sandbox.confinement;
  const bench = await openBench({ confinement, env: config.commandEnv });
  const surveys = [
    ...pluginSurveys({ config, workspace, confinement: sandbox.confinement, log: hive.log }),
    ...skillSurveys(workspace, config),
  ];
  try {
    return await check({
      book,
      tools,
      release: releasePins,
      bench,
      surveys,
      names,
      approveNew: async () => approveNew,
      by: nameOfPerson(),
    });
  } finally {
    for (const survey of surveys) await survey.close?.();
    await bench.close();
  }
}

const isOut = ({ state }: CheckedRow): boolean => state === "drifted" || state === "quarantined";

function unknownNames(names: readonly string[], { rows }: Checked): void {
  const missing = names.filter((name) => !rows.some((row) => row.name === name));
  const [first] = missing;
  if (first === undefined) return;
  const known = [...new Set([...rows.map((row) => row.name), ...tools.map(({ name }) => name)])];
  const near = nearestNames(first, known);
  throw new SwarmError("usage.tools", `there is no ${missing.map((name) => JSON.stringify(name)).join(", ")} here`, {
    exit: 2,
    hint: near.length === 0 ? "swarm tools check names everything there is." : `Did you mean ${near.join(", ")}?`,
  });
}

/** The rows as they stand once those that were named are approved, where the person says so. */
async function approved(
  book: PinBook,
  rows: readonly CheckedRow[],
  chosen: ReadonlySet<CheckedRow>,
  yes: boolean,
): Promise<readonly CheckedRow[]> {
  const after: CheckedRow[] = [];
  for (const row of rows) {
    if (!chosen.has(row) || !(yes || (await asked(row)))) {
      after.push(row);
      continue;
    }
    if ((await approveShown(book, row, nameOfPerson())) === "not_shown") {
      throw new SwarmError("pin.not_shown", `${row.name} is not what was just shown any more; nothing was approved`, {
        exit: 2,
        hint: "Somebody else has looked meanwhile. Read it again: swarm tools check",
      });
    }
    after.push({ ...row, state: "active", pinned: row.hash, approvedNow: true });
  }
  return after;
}

async function asked({ kind, name, hash }: CheckedRow): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`Approve ${kind} ${visible(name)} (${hash.slice(0, 12)}) as shown? yes/no: `);
    return answer.trim().toLowerCase() === "yes";
  } finally {
    lines.close();
  }
}

function nameOfPerson(): string {
  try {
    return userInfo().username;
  } catch {
    return "operator"; // a user without a name
  }
}

function print({ rows }: Checked, chosen: ReadonlySet<CheckedRow>): void {
  printTable(
    ["NAME", "KIND", "STATE", "HASH", "NOT LOOKED AT"],
    rows.map((row) => [row.name, row.kind, row.state, row.hash.slice(0, 12), row.notLookedAt.join("; ") || "-"]),
    "nothing to check",
  );
  for (const row of rows) {
    const lines = rowLines(row, row.approvedNow === true || chosen.has(row));
    if (lines.length > 0) process.stdout.write(`\n${lines.join("\n")}\n`);
  }
}

function printHints(hints: readonly string[]): void {
  if (hints.length > 0) process.stdout.write(`\nhints:\n${hints.map((hint) => `  ${onOneLine(hint)}`).join("\n")}\n`);
}

function documentOf(rows: readonly CheckedRow[], hints: readonly string[]): unknown {
  const shown = ({ kind, scope, name, state, hash, pinned, reasons, diff, notLookedAt, ...row }: CheckedRow) => ({
    name,
    kind,
    scope,
    state,
    hash,
    pinned,
    reasons,
    ...(diff.length === 0 || state === "active" ? {} : { diff }),
    ...(notLookedAt.length === 0 ? {} : { notLookedAt }),
    ...(row.approvedNow === true ? { definition: visible(row.definition.text) } : {}),
  });
  const isNew = ({ state }: CheckedRow): boolean => state === "new";
  return {
    v: 1,
    tools: rows.filter((row) => !isNew(row)).map(shown),
    new: rows.filter(isNew).map((row) => ({ ...shown(row), definition: visible(row.definition.text) })),
    hints,
  };
}

async function useHints({ reader, log }: Hive): Promise<readonly string[]> {
  const use = countUse();
  let left = EVENTS_MAX;
  for (const { run } of (await reader.runs()).slice(0, RUNS_MAX)) {
    try {
      for await (const { events } of entriesOf(reader, run)) {
        for (const event of events) use.add(event);
        left -= events.length;
        if (left <= 0) return use.hints();
      }
    } catch (cause) {
      log.debug({ err: cause, run }, "a run that cannot be read gives no hints");
    }
  }
  return use.hints();
}
