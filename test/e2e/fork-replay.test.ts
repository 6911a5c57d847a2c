// `swarm replay` and `swarm fork` as their users run them: real commands, a real worker, a scripted model.
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysFor } from "../../infra/redis/keys.ts";
import { packed, unpacked } from "../../infra/redis/packed.ts";
import {
  ofType,
  openStage,
  type Played,
  type RunDocument,
  read,
  report,
  type Stage,
  says,
} from "../support/run-stage.ts";
import { documentOf } from "../support/swarm-cli.ts";
import { serverOf } from "../support/swarm-store.ts";

let stage: Stage;
let played: Played;
let run: string;
beforeAll(async () => {
  stage = await openStage();
  played = await stage.play([says(read()), report("adds")]);
  run = played.document.runId;
  expect(played.document.status).toBe("completed");
});
afterAll(() => stage[Symbol.asyncDispose]());

const swarm = (...args: string[]) => stage.swarm.ask(args);
const lastSeq = (): number => played.events.length;

/** Writes the log anew with one body changed, and back again afterwards. */
async function withBody<Answer>(
  index: number,
  change: (body: Buffer) => string | Buffer,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const redis = new Redis({ path: serverOf(stage.swarm)?.socket ?? "" });
  const { log } = keysFor("swarm").run(run);
  const entries = await redis.xrangeBuffer(log, "-", "+");
  const write = async (altered: number): Promise<void> => {
    await redis.del(log);
    for (const [at, [id, fields]] of entries.entries()) {
      const changed = fields.map((field, place) => {
        if (at !== altered || place % 2 === 0) return field;
        // A step in one field: what goes before the entry ends with its line.
        const from = field.indexOf("\n") + 1;
        return Buffer.concat([field.subarray(0, from), Buffer.from(change(field.subarray(from)))]);
      });
      await redis.xadd(log, id, ...changed);
    }
  };
  try {
    await write(index);
    return await act();
  } finally {
    await write(-1);
    redis.disconnect();
  }
}

describe("swarm replay", () => {
  test("finds nothing in an untouched log: exit 0", async () => {
    const finished = await swarm("replay", run, "--json");
    expect({ code: finished.code, ...documentOf(finished) }).toMatchObject({
      code: 0,
      v: 1,
      equal: true,
      mismatch: null,
      lastSeq: lastSeq(),
    });
  });

  test("--to shows every actor at that moment, with its mail, what is out, and the money", async () => {
    const [called] = ofType(played.events, "model.called");
    const seq = called?.seq ?? 0;
    const finished = await swarm("replay", run, "--to", String(seq), "--json");
    expect(finished.code).toBe(0);
    const document = documentOf<{ actors: { actor: string }[]; budget: { heldTokens: number } }>(finished);
    expect(document.actors.find(({ actor }) => actor === "a_goal")).toMatchObject({
      state: "thinking.calling",
      mail: [],
      pending: [{ id: called?.effect, type: "model.call" }],
      timers: [],
      transcript: 1,
    });
    expect(document.budget.heldTokens).toBeGreaterThan(0);
    expect((await swarm("replay", run, "--to", String(seq))).stdout).toMatch(/a_goal .*thinking\.calling.*model\.call/);
    expect((await swarm("replay", run, "--to", String(lastSeq() + 1))).code).toBe(2);
  });

  test("names the entry that was altered, the version, what it expected and what it found: exit 3", async () => {
    const change = (body: Buffer): string | Buffer =>
      packed(unpacked(body).replace(/"hash":"[0-9a-f]+"/, '"hash":"0000000000000000"'));
    const finished = await withBody(2, change, () => swarm("replay", run, "--json"));
    expect(finished.code).toBe(3);
    const { equal, mismatch } = documentOf<{ equal: boolean; mismatch: Record<string, unknown> }>(finished);
    expect(equal).toBe(false);
    expect(mismatch).toMatchObject({
      seq: expect.any(Number),
      actor: expect.stringMatching(/^a_/),
      version: expect.any(Number),
      why: "state hash",
      expected: expect.stringMatching(/^[0-9a-f]+$/),
      found: "0000000000000000",
    });
    const words = await withBody(2, change, () => swarm("replay", run));
    expect(words.stdout).toContain(
      `event ${String(mismatch.seq)} (${String(mismatch.actor)}, version ${String(mismatch.version)})`,
    );
  });

  test("names the entry that is damaged beyond reading: exit 3", async () => {
    const finished = await withBody(
      2,
      () => "~////",
      () => swarm("replay", run, "--json"),
    );
    expect({ code: finished.code, ...documentOf(finished) }).toMatchObject({
      code: 3,
      mismatch: { why: "the entry cannot be read" },
    });
    expect((await swarm("replay", run)).code).toBe(0);
  });
});

describe("swarm fork", () => {
  test("goes on from a moment with another model and another word, and its log replays by itself", async () => {
    const [called] = ofType(played.events, "model.called");
    stage.double.script({ ...report("adds, again"), when: "look twice" });
    const finished = await swarm(
      "fork",
      run,
      "--at",
      String(called?.seq),
      "--model",
      "other-model",
      "--message",
      "look twice",
      "--json",
    );
    const document = documentOf<RunDocument>(finished);
    expect({ code: finished.code, ...document }).toMatchObject({
      code: 0,
      status: "completed",
      result: { value: { summary: "adds, again" } },
    });
    expect(finished.stderr).toMatch(
      /goes on from event \d+ of .*model other-model.*a message to a_goal; files stay as they are/,
    );
    const asked = stage.double.served.at(-1)?.body ?? "";
    expect(JSON.parse(asked)).toMatchObject({ model: "other-model" });
    expect(document.usage.modelCalls).toBe(1);
    expect((await swarm("replay", document.runId)).code).toBe(0);
    expect((await swarm("replay", run)).code).toBe(0);
  });

  test.each([
    ["no --at", [], 2, "usage.at"],
    ["an event that is none", ["--at", "x"], 2, "usage.flag"],
    ["event 0", ["--at", "0"], 2, "fork.at"],
    ["an event past the last", ["--at", "9999"], 2, "fork.at"],
    ["a tool nobody has", ["--at", "5", "--deny-tool", "Nothing"], 2, "usage.deny_tool"],
    ["two messages", ["--at", "5", "--message", "a", "--edit", "b"], 2, "usage.message"],
    ["an agent without a message", ["--at", "5", "--actor", "a_goal"], 2, "usage.actor"],
  ] as const)("is refused with %s", async (_, flags, code, error) => {
    const finished = await swarm("fork", run, ...flags, "--json");
    expect({ code: finished.code, ...documentOf(finished) }).toMatchObject({ code, error: { code: error } });
  });

  test("is refused where nothing is left to do, and where the run is not known", async () => {
    const ended = await swarm("fork", run, "--at", String(lastSeq()), "--json");
    expect({ code: ended.code, ...documentOf(ended) }).toMatchObject({ code: 2, error: { code: "fork.ended" } });
    const unknown = await swarm("fork", "r_nobody", "--at", "1", "--json");
    expect({ code: unknown.code, ...documentOf(unknown) }).toMatchObject({ code: 2, error: { code: "run.unknown" } });
  });
});
