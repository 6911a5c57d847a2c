import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, test as law } from "vitest";
import { openProgress } from "../../../../apps/cli/progress/open.ts";
import type { LoggedEvent } from "../../../../machines/run-event.ts";
import { openLog } from "./log.ts";
import { screenOf } from "./screen.ts";

function terminal(size: { columns: number; rows: number }) {
  const stream = Object.assign(new PassThrough(), size);
  let written = "";
  stream.on("data", (chunk: Buffer) => {
    written += chunk.toString();
  });
  const progress = openProgress({
    stream: stream as unknown as NodeJS.WriteStream,
    tty: true,
    colors: true,
    columns: () => size.columns,
  });
  return { progress, screen: () => screenOf(written), seen: () => written, stream };
}

const feed = (progress: { event(event: LoggedEvent): void }, events: readonly LoggedEvent[]) => {
  for (const event of events) progress.event(event);
};

function run() {
  const log = openLog(3);
  log.route("explore-a");
  log.route("explore-b");
  log.verify("explore-a");
  return log;
}

describe("live progress", () => {
  law("the screen holds one picture, however often it was drawn, and notes stay above it in order", async () => {
    const { progress, screen } = terminal({ columns: 80, rows: 24 });
    const log = run();
    feed(progress, log.events.slice(0, 2));
    progress.note("first");
    feed(progress, log.events.slice(2));
    progress.note("second");
    progress.note("third");
    const { lines, cursorShown, unknown } = screen();
    expect(unknown).toEqual([]);
    expect(cursorShown).toBe(false);
    expect(lines.slice(0, 3)).toEqual(["first", "second", "third"]);
    expect(lines.slice(3).map((line) => line.trim().slice(0, 14))).toEqual([
      expect.stringContaining("r_1"),
      "✓ explore-a   ",
      expect.stringContaining("explore-b"),
    ]);
    progress.end();
  });

  law("it draws by itself while the run goes on", async () => {
    const { progress, screen, stream } = terminal({ columns: 80, rows: 24 });
    feed(progress, run().events);
    await once(stream, "data");
    expect(screen().lines.join("\n")).toContain("1/3 verified");
    progress.end();
  });

  law("its end leaves the count and the bad ends, gives the cursor back, and is the last word", () => {
    const { progress, screen, seen } = terminal({ columns: 80, rows: 24 });
    const log = run();
    log.reject("explore-b", ["rejected", "no"]);
    feed(progress, log.events);
    progress.note("a note");
    progress.end();
    const { lines, cursorShown } = screen();
    expect(cursorShown).toBe(true);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe("a note");
    expect(lines[1]).toContain("1/3 verified · 1 ended badly");
    expect(lines[2]).toContain("✗ explore-b");
    const length = seen().length;
    progress.end();
    progress.note("too late");
    feed(progress, openLog(9).events);
    expect(seen()).toHaveLength(length);
  });

  law("a terminal made narrower or lower is never drawn on above the picture", () => {
    const size = { columns: 120, rows: 40 };
    const { progress, screen, stream } = terminal(size);
    progress.note("keep me");
    feed(progress, run().events);
    progress.note("and me");
    Object.assign(size, { columns: 119, rows: 3 });
    stream.rows = 3;
    progress.note("me too");
    progress.end();
    expect(screen().lines.slice(0, 2)).toEqual(["keep me", "and me"]);
  });

  law("nothing comes between a question and its answer: what is said meanwhile stands above the next picture", () => {
    const { progress, screen, seen } = terminal({ columns: 80, rows: 24 });
    feed(progress, run().events);
    progress.note("before");
    progress.hold();
    const asked = seen().length;
    progress.note("meanwhile");
    for (let at = 0; at < 300; at += 1) progress.note(`more ${at}`);
    feed(progress, openLog(9).events);
    expect(seen()).toHaveLength(asked);
    progress.goOn();
    const { lines } = screen();
    const at = lines.indexOf("… 101 lines before these are left out");
    expect(lines.slice(at + 1, at + 201)).toEqual(Array.from({ length: 200 }, (_, n) => `more ${n + 100}`));
    expect(lines[at + 201]).toContain("r_1");
    progress.hold();
    progress.note("at last");
    progress.end();
    expect(screen().lines.at(-2)).toBe("at last");
  });

  law("it leaves no listener behind", () => {
    const names = ["exit", "SIGINT", "SIGTERM", "SIGHUP", "SIGTSTP"] as const;
    const count = () => names.map((name) => process.listenerCount(name));
    const before = count();
    const { progress } = terminal({ columns: 80, rows: 24 });
    expect(count()).toEqual(before.map((listeners) => listeners + 1));
    progress.end();
    expect(count()).toEqual(before);
  });
});

describe("a process that dies while it draws", () => {
  const open = fileURLToPath(new URL("../../../../apps/cli/progress/open.ts", import.meta.url));
  const program = (rest: string) => `
    import { openProgress } from ${JSON.stringify(open)};
    const progress = openProgress({ stream: process.stderr, tty: true, colors: false, columns: () => 80 });
    setInterval(() => {}, 1000);
    ${rest}
    progress.note("drawn");
  `;
  async function end(rest: string, signal?: NodeJS.Signals) {
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program(rest)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let written = "";
    let told = false;
    child.stderr.on("data", (chunk: Buffer) => {
      written += chunk.toString();
      if (signal === undefined || told || !written.includes("drawn")) return;
      told = true;
      child.kill(signal);
    });
    const [code, by] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return { code, by, shown: screenOf(written).cursorShown, hidden: written.includes("\u001b[?25l") };
  }

  law.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s still ends it, with the cursor shown again",
    async (signal) => {
      expect(await end("", signal)).toEqual({ code: null, by: signal, shown: true, hidden: true });
    },
  );

  law("process.exit in the middle shows the cursor again", async () => {
    expect(await end("setTimeout(() => process.exit(3), 1);")).toEqual({
      code: 3,
      by: null,
      shown: true,
      hidden: true,
    });
  });

  law("an exception that nobody catches shows the cursor again", async () => {
    expect(await end("setTimeout(() => { throw new Error('lost'); }, 1);")).toMatchObject({
      code: 1,
      shown: true,
      hidden: true,
    });
  });

  law("where somebody else listens for the signal, it is theirs to decide, and they hear it once", async () => {
    // The second signal is sent behind the first, so that its arrival proves that no more of the first is to come.
    const rest = `
      let heard = 0;
      process.on("SIGUSR2", () => { progress.end(); process.exit(10 + heard); });
      process.on("SIGINT", () => { heard += 1; process.kill(process.pid, "SIGUSR2"); });
    `;
    expect(await end(rest, "SIGINT")).toEqual({ code: 11, by: null, shown: true, hidden: true });
  });
});
