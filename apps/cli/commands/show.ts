/** `swarm show <id>`: one run in full. */
import { type RunDocument, runDocument } from "../../../actors/runtime/run-document.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { costOfRun } from "../../orders/project-run.ts";
import { type Hive, openHive } from "../hive.ts";
import { factLines } from "../memory/shown-memory.ts";
import { outcomeLines, taskRow } from "../outcome-lines.ts";
import { harmless, printJson, printTable } from "../print.ts";
import { spelled } from "../progress/printable.ts";
import { boxLines } from "../show-box.ts";
import { AGENT_HEAD, agentRows, budgetLines, TYPE_HEAD, typeRows } from "../show-budget.ts";
import { burnWords } from "../show-cost.ts";
import { modelLines } from "../show-models.ts";
import { placeLines } from "../show-place.ts";
import { taintLines, taintsOf } from "../show-taint.ts";

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const hive = await openHive();
  try {
    const run = await hive.reader.resolve(id);
    if (await showPart(hive, run, flags)) return 0;
    const document = await runDocument(hive.reader, run);
    if (document === null) throw new SwarmError("run.gone", `run ${run} is gone`, { exit: 2 });
    const isLive = document.status === "running" || document.status === "parked";
    const bill = flags.json === true || isLive ? await costOfRun(hive.reader, run, hive.config) : null;
    if (flags.json === true) {
      printJson({ ...document, cost: bill });
      return codeOf(document);
    }
    const row = await hive.reader.run(run);
    process.stdout.write(`run ${run}: ${document.status}\n${harmless(row?.fields.goal ?? "")}\n`);
    for (const reason of document.result?.reasons ?? []) process.stdout.write(`  - ${harmless(reason)}\n`);
    for (const line of document.blackBox === null ? [] : boxLines(run, document.blackBox))
      process.stdout.write(`  - ${harmless(line)}\n`);
    for (const line of outcomeLines(document)) process.stdout.write(`  - ${harmless(line)}\n`);
    for (const line of taintLines(await taintsOf(hive.reader, run, document.agents)))
      process.stdout.write(`  - ${harmless(line)}\n`);
    for (const line of factLines(await hive.reader.briefs(run), run)) process.stdout.write(`  - ${harmless(line)}\n`);
    const stranded = await hive.reader.stranded(run);
    if (stranded.length > 0) {
      process.stdout.write(
        `  - stranded: ${stranded.join(", ")}; no worker that came by has this run's model access or machine version. With the run's own key set: swarm resume ${run}\n`,
      );
    }
    for (const { id, tool, agent, risk } of document.approvals) {
      process.stdout.write(
        `  - ${agent} waits for approval ${id}: ${harmless(tool)}, ${risk}. swarm approvals show ${id}\n`,
      );
    }
    for (const line of await modelLines(hive.reader, run, document.agents)) process.stdout.write(`${harmless(line)}\n`);
    for (const line of await placeLines(hive.reader, run)) process.stdout.write(`${harmless(line)}\n`);
    const { usage, spending } = document;
    const cost = usage.costUsd === null ? "cost unknown (no price for this model)" : `${usage.costUsd.toFixed(6)} USD`;
    process.stdout.write(
      `model ${row?.fields.model}; ${usage.modelCalls} calls; tokens: ${usage.inputTokens} in, ${usage.outputTokens} out, ${usage.cacheReadTokens} read, ${usage.cacheWriteTokens} written; ${cost}\n`,
    );
    if (document.simulated) process.stdout.write("SIMULATED: a server of ours plays the model; nobody was billed\n");
    for (const line of budgetLines(document.budget)) process.stdout.write(`${line}\n`);
    if (bill?.burn != null) process.stdout.write(`${burnWords(bill.burn)}\n`);
    process.stdout.write("\n");
    if (document.tasks.length > 1) {
      printTable(["TASK", "TYPE", "STATUS", "ATTEMPT", ""], document.tasks.map(taskRow), "no tasks");
      process.stdout.write("\n");
    }
    printTable(AGENT_HEAD, agentRows(document.agents, spending), "no agents");
    if (spending.types.length > 1) {
      process.stdout.write("\n");
      printTable(TYPE_HEAD, typeRows(spending), "no agents");
    }
    return codeOf(document);
  } finally {
    hive.close();
  }
}

/** A run whose actors were found dead has no worker: 7. How another one ended, its status says. */
const codeOf = ({ blackBox }: RunDocument): number => (blackBox?.kind === "lost" ? 7 : 0);

/** One part of it in full, where a flag asks for one. */
async function showPart(hive: Hive, run: string, flags: Record<string, unknown>): Promise<boolean> {
  const json = flags.json === true;
  if (flags.effects === true || flags.verify === true) {
    const { showEffects } = await import("../show-effects.ts");
    await showEffects(hive, run, { json, verify: flags.verify === true });
    return true;
  }
  if (flags.tools === true) {
    const { showTools } = await import("../show-tools.ts");
    await showTools(hive, run, { json });
    return true;
  }
  if (flags.cache === true) {
    const { showCache } = await import("../show-cache.ts");
    await showCache(hive, run, { json });
    return true;
  }
  if (flags.cost === true) {
    const { showCost } = await import("../show-cost.ts");
    await showCost(hive, run, { json });
    return true;
  }
  if (typeof flags.blob === "string") {
    const text = await blobOf(hive, run, flags.blob);
    process.stdout.write(process.stdout.isTTY ? onTerminal(text) : text);
    return true;
  }
  return false;
}

/** A person reads here what they are to say yes to: nothing in it may move the cursor, hide a line or turn one around. */
const onTerminal = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.split("\t").map(spelled).join("\t"))
    .join("\n");

/** As it was, control characters and all: it is asked for by name, like a file. */
async function blobOf({ reader }: Hive, run: string, name: string): Promise<string> {
  const blobs = await reader.blobs(run);
  const found = Object.keys(blobs).filter((sha256) => name !== "" && sha256.startsWith(name));
  const [only] = found;
  if (only !== undefined && found.length === 1) return blobs[only] ?? "";
  throw new SwarmError("show.blob", `--blob "${name}": ${found.length} outputs of run ${run} are called so`, {
    exit: 2,
    hint: `swarm logs ${run} --type tool.finished --jsonl names them in the field "blob".`,
  });
}
