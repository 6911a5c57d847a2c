/** `swarm show <id> --effects`: for every effect of a run, whether it happened, and how anybody knows. */
import { effectsSeen, type SeenEffect, type Verified, verified } from "../../actors/runtime/effects-seen.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { openHostState } from "../../infra/journal/host-state.ts";
import { type Journal, openJournal } from "../../infra/journal/journal.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import type { Hive } from "./hive.ts";
import { printJson, printTable } from "./print.ts";

const WORDS: Readonly<Record<SeenEffect["state"], string>> = {
  happened: "happened",
  did_not_happen: "did not happen",
  unknown: "UNKNOWN",
  running: "running",
  unanswered: "no answer yet",
};

export async function showEffects(hive: Hive, run: string, options: { json: boolean; verify: boolean }): Promise<void> {
  const journal = await journalHere(hive);
  const effects = await effectsSeen(eventsOf(hive, run), journal);
  const looked: (Verified | null)[] = [];
  if (options.verify) {
    for (const effect of effects) looked.push(await verified({ journal, hash: hashIn(hive) }, effect));
  }
  if (options.json) {
    const documents = effects.map((effect, at) =>
      options.verify ? { ...effect, verify: looked[at] ?? null } : effect,
    );
    printJson({ v: 1, runId: run, effects: documents });
    return;
  }
  printTable(
    ["EFFECT", "TOOL", "STATE", "LAST SIGN", "OUTCOME"],
    effects.map(({ effect, tool, state, lastSignAt, outcome, input, change, started }, at) => {
      const now = looked[at]?.said;
      const hashes = change === null ? "" : ` ${change.path}: ${short(change.before)} -> ${short(change.after)}`;
      const asked = input === null ? "" : ` ${input.slice(0, 60)}`;
      const begun = started === null ? "" : ` [began ${started.at}]`;
      return [
        effect.slice(effect.indexOf("/") + 1),
        tool ?? "(model)",
        WORDS[state],
        lastSignAt ?? "-",
        `${outcome}${hashes}${asked}${begun}${now === undefined ? "" : ` | now: ${now}`}`,
      ];
    }),
    "no effects",
  );
}

const short = (hash: string | null): string => (hash === null ? "(no file)" : hash.slice(0, 12));

/** Null where this host has no gates that this user may read: then only the log speaks. */
async function journalHere({ config, log }: Hive): Promise<Journal | null> {
  try {
    return openJournal({ state: await openHostState(config.stateDirs), env: {} });
  } catch (cause) {
    log.warn({ err: cause }, "the gates of this host cannot be read; only the log is shown");
    return null;
  }
}

async function* eventsOf(hive: Hive, run: string): AsyncGenerator<LoggedEvent> {
  for await (const entry of entriesOf(hive.reader, run)) yield* entry.events;
}

const hashIn =
  ({ config }: Hive) =>
  async (workspace: string, path: string): Promise<string | null> =>
    (await (await openBox(workspace, [config.dataDir])).hash(path))?.sha256 ?? null;
