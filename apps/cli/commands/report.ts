/** `swarm report <run> --html FILE`: the run as one file that opens anywhere, offline. Changes nothing. */
import { SwarmError } from "../../../infra/errors.ts";
import { writableFile, writeWhole } from "../evaluate/output-file.ts";
import { openHive } from "../hive.ts";
import { printJson } from "../print.ts";
import { readReport } from "../report/read-report.ts";
import { pageParts, reportHtml } from "../report/write-report.ts";
import { say } from "../say.ts";

/** Where the build puts the page, from this module's place in it. */
const PAGE = new URL("../../../page/", import.meta.url);

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  if (typeof flags.html !== "string") {
    throw new SwarmError("usage.report", "a report is written to a file: which one?", {
      exit: 2,
      hint: "swarm report <run> --html FILE",
    });
  }
  const path = writableFile(flags.html, "--html");
  const parts = pageParts(PAGE);
  const hive = await openHive();
  try {
    const run = await hive.reader.resolve(id);
    const data = await readReport(hive.reader, run);
    const text = reportHtml(data, parts);
    writeWhole(path, text);
    if (data.caveat !== "") say(data.caveat);
    const bytes = Buffer.byteLength(text);
    if (flags.json === true)
      printJson({ v: 1, runId: run, path, bytes, events: data.events.length, caveat: data.caveat || null });
    else process.stdout.write(`${path}\n`);
    return 0;
  } finally {
    hive.close();
  }
}
