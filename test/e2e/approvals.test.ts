/** Approvals from the command line: what is asked, how it is answered from anywhere, what is refused, and what is told. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isAlive, signalProcess } from "../../infra/redis/process-identity.ts";
import { ofType, openStage, report, type Stage, says, toldBefore, use } from "../support/run-stage.ts";
import { documentOf, eventually, processesOf } from "../support/swarm-cli.ts";

interface Approval {
  readonly id: string;
  readonly runId: string;
  readonly status: string;
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly risk: string;
  readonly hash: string;
  readonly similar: readonly string[];
  readonly answer: { readonly by: string; readonly reason: string } | null;
}

interface Failed {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
}

const ASK = ["--json", "--approve", "ask", "--worktree", "never"];
const writes = (path: string, content = "x\n") => use("Write", { file_path: path, content });

const listed = async ({ swarm }: Stage, ...flags: string[]): Promise<readonly Approval[]> =>
  documentOf<{ approvals: Approval[] }>(await swarm.ask(["approvals", "list", "--json", ...flags])).approvals;

const resumed = async ({ swarm }: Stage, run: string) => {
  const finished = await swarm.ask(["resume", run, "--json"]);
  return { finished, document: documentOf<{ status: string; approvals: unknown[] }>(finished) };
};

it("without a terminal a run that needs a yes is left parked with exit 5 and the commands; approved, it goes on", async () => {
  await using stage = await openStage();
  const played = await stage.play([says(writes("made.txt")), report("written")], ASK);
  expect(played.finished.code).toBe(5);
  expect(played.document).toMatchObject({ status: "parked", approvals: [{ tool: "Write", risk: "mutating" }] });
  const [one] = await listed(stage);
  expect(one).toMatchObject({ runId: played.document.runId, tool: "Write", status: "pending", answer: null });
  expect(one?.input).toEqual({ file_path: "made.txt", content: "x\n" });
  expect(played.finished.stderr).toContain(`swarm approve ${one?.id}`);
  const shown = await stage.swarm.ask(["show", played.document.runId]);
  expect(shown.stdout).toContain(`waits for approval ${one?.id}`);
  expect((await stage.swarm.ask(["ps"])).stdout).toMatch(/parked \(approval\)/);
  const still = await resumed(stage, played.document.runId);
  expect([still.finished.code, still.document.status]).toEqual([5, "parked"]);
  expect(() => statSync(join(stage.workspace, "made.txt"))).toThrow(/ENOENT/);
  const answer = await stage.swarm.ask(["approve", (one?.id ?? "").slice(0, 8), "--json"]);
  expect(documentOf(answer)).toMatchObject({ id: one?.id, did: "approved", scope: "once", grant: null });
  const { finished, document } = await resumed(stage, played.document.runId);
  expect([finished.code, document.status, document.approvals]).toEqual([0, "completed", []]);
  expect(readFileSync(join(stage.workspace, "made.txt"), "utf8")).toBe("x\n");
  const late = await stage.swarm.ask(["deny", one?.id ?? "", "--json"]);
  expect(late.code).toBe(2);
  expect(documentOf<Failed>(late).error).toMatchObject({ code: "approval.answered" });
  expect(documentOf<Failed>(late).error.message).toContain("was approved by");
});

it("a no is told to the model with its reason, and the agent goes on", async () => {
  await using stage = await openStage();
  const played = await stage.play([says(writes("made.txt")), report("left it")], ASK);
  const [one] = await listed(stage);
  expect((await stage.swarm.ask(["deny", one?.id ?? "", "--reason", "not there, please"])).code).toBe(0);
  const { document } = await resumed(stage, played.document.runId);
  expect(document.status).toBe("completed");
  const requests = stage.double.served.filter(({ body }) => body.includes("Goal number 1"));
  expect(JSON.stringify(toldBefore(requests[1] as (typeof requests)[number]))).toContain("not there, please");
  const [shown] = await listed(stage, "--run", played.document.runId);
  expect(shown).toMatchObject({ status: "denied", answer: { reason: "not there, please" } });
});

it("a right for the run covers the same call again and no other; taken back, it is asked about anew", async () => {
  await using stage = await openStage();
  const edit = (content: string) => says(writes("notes/a.txt", content));
  const played = await stage.play([edit("1"), edit("2"), says(writes("notes/b.txt")), edit("3"), report("done")], ASK);
  const run = played.document.runId;
  const [first] = await listed(stage);
  const given = documentOf<{ grant: { id: string; rule: string } }>(
    await stage.swarm.ask(["approve", first?.id ?? "", "--scope", "run", "--json"]),
  );
  expect(given.grant.rule).toBe("Edit(./notes/a.txt)");
  expect((await resumed(stage, run)).finished.code).toBe(5);
  const [other] = await listed(stage);
  expect(other?.input.file_path).toBe("notes/b.txt");
  const grants = documentOf<{ grants: Record<string, unknown>[] }>(
    await stage.swarm.ask(["approvals", "list", "--granted", "--json"]),
  );
  expect(grants.grants).toMatchObject([{ id: given.grant.id, runId: run, rule: "Edit(./notes/a.txt)", revoked: null }]);
  expect((await stage.swarm.ask(["approvals", "revoke", given.grant.id, "--reason", "enough"])).code).toBe(0);
  expect((await stage.swarm.ask(["approve", other?.id ?? ""])).code).toBe(0);
  expect((await resumed(stage, run)).finished.code).toBe(5);
  const [again] = await listed(stage);
  expect(again?.input).toEqual({ file_path: "notes/a.txt", content: "3" });
  const events = await stage.events(run);
  expect(ofType(events, "permission.decided").map(({ rule }) => rule)).toContain("grant Edit(./notes/a.txt)");
  expect(ofType(events, "grants.revoked")).toMatchObject([{ grant: given.grant.id, reason: "enough" }]);
});

it("what is at stake has to be named, a forged hash and an unknown id are refused, and nothing was done by any of it", async () => {
  await using stage = await openStage();
  mkdirSync(join(stage.workspace, ".git/hooks"), { recursive: true });
  const played = await stage.play([says(writes(".env", "KEY=1\n")), report("done")], ASK);
  const [one] = await listed(stage);
  expect(one?.risk).toBe("destructive");
  const refused = async (...args: string[]): Promise<Failed["error"]> => {
    const finished = await stage.swarm.ask(["approve", ...args, "--json"]);
    expect(finished.code, args.join(" ")).toBe(2);
    return documentOf<Failed>(finished).error;
  };
  const id = one?.id ?? "";
  const unnamed = await refused(id);
  expect(unnamed.code).toBe("approval.touch");
  expect(unnamed.hint).toContain("--touch");
  expect((await refused(id, "--touch", "something")).code).toBe("approval.touch");
  expect((await refused(id, "--touch", ".env", "--scope", "run")).code).toBe("approval.scope");
  expect((await refused(id, "--touch", ".env", "--hash", "0".repeat(64))).code).toBe("approval.forged");
  expect((await refused("p_0000")).code).toBe("approval.unknown");
  expect((await refused("r_x/y")).code).toBe("approval.unknown");
  expect((await refused(id, "--touch", ".env", "--for", "2")).code).toBe("usage.for");
  expect((await listed(stage)).map(({ status }) => status)).toEqual(["pending"]);
  expect(() => statSync(join(stage.workspace, ".env"))).toThrow(/ENOENT/);
  expect((await stage.swarm.ask(["approve", id, "--touch", ".env", "--hash", one?.hash.slice(0, 16) ?? ""])).code).toBe(
    0,
  );
  expect((await resumed(stage, played.document.runId)).document.status).toBe("completed");
  expect(readFileSync(join(stage.workspace, ".env"), "utf8")).toBe("KEY=1\n");
});

it("a run that was cancelled takes its approvals back, and says so to whoever answers", async () => {
  await using stage = await openStage();
  const played = await stage.play([says(writes("made.txt")), report("written")], ASK);
  const [one] = await listed(stage);
  await stage.swarm.ask(["stop", played.document.runId, "--cancel"]);
  await resumed(stage, played.document.runId);
  expect(await listed(stage)).toEqual([]);
  expect(await listed(stage, "--run", played.document.runId)).toMatchObject([{ status: "withdrawn" }]);
  const late = await stage.swarm.ask(["approve", one?.id ?? "", "--json"]);
  expect(late.code).toBe(2);
  expect(documentOf<Failed>(late).error.message).toMatch(/withdrawn|has ended/);
});

it("the same asked twice is one line with one answer for both; the exact words are shown with nothing hidden", async () => {
  await using stage = await openStage();
  const hostile = "a\u001b[2K\u202Eb";
  const played = await stage.play(
    [
      says(use("Bash", { command: `unheard-of ${hostile}` }), use("Bash", { command: `unheard-of ${hostile}` })),
      report("done"),
    ],
    ASK,
  );
  const waiting = await listed(stage);
  expect(waiting).toHaveLength(2);
  expect(waiting[0]?.similar).toEqual([waiting[1]?.id]);
  const text = await stage.swarm.ask(["approvals", "list"]);
  expect(text.stdout.split("\n").filter((line) => line.startsWith("p_"))).toHaveLength(1);
  const shown = await stage.swarm.ask(["approvals", "show", waiting[0]?.id ?? ""]);
  expect(shown.stdout).toContain("unheard-of a\\x1b[2K\\u{202e}b");
  expect(shown.stdout).not.toContain("\u001b");
  expect(shown.stdout).not.toContain("\u202e");
  const denied = documentOf<{ similar: string[] }>(
    await stage.swarm.ask(["deny", waiting[0]?.id ?? "", "--similar", "--reason", "no", "--json"]),
  );
  expect(denied.similar).toEqual([waiting[1]?.id]);
  expect((await resumed(stage, played.document.runId)).document.status).toBe("completed");
});

it("a kill of everything loses neither the question nor the answer, and what was approved happens once", async () => {
  await using stage = await openStage();
  const killAll = async (): Promise<void> => {
    const all = processesOf(stage.swarm.home);
    expect(all.length).toBeGreaterThan(0);
    for (const one of all) signalProcess(one, "SIGKILL");
    await eventually("everything is dead", () => !all.some(isAlive));
  };
  const append = use("Edit", { file_path: "log.txt", old_string: "begin\n", new_string: "begin\nonce\n" });
  writeFileSync(join(stage.workspace, "log.txt"), "begin\n");
  const { command } = stage.begin(
    [says(use("Read", { file_path: "log.txt" })), says(append), report("done")],
    [...ASK, "--detach"],
  );
  const { runId } = documentOf<{ runId: string }>(await command.done);
  const asked = await eventually("somebody is asked", async () => (await listed(stage))[0]);
  await killAll();
  expect((await listed(stage)).map(({ id, hash }) => [id, hash])).toEqual([[asked.id, asked.hash]]);
  expect((await stage.swarm.ask(["approve", asked.id])).code).toBe(0);
  await killAll();
  const { document } = await resumed(stage, runId);
  expect(document.status).toBe("completed");
  expect(readFileSync(join(stage.workspace, "log.txt"), "utf8")).toBe("begin\nonce\n");
  const events = await stage.events(runId);
  expect(ofType(events, "approval.answered")).toHaveLength(1);
  expect(ofType(events, "tool.finished").filter(({ tool }) => tool === "Edit")).toHaveLength(1);
  expect((await stage.swarm.ask(["replay", runId])).code).toBe(0);
});

it("what the person's own words ask for is given with them, told once, and asked about no more", async () => {
  await using stage = await openStage();
  stage.double.script(
    { when: "Make the notes", ...says(writes("notes.txt", "made\n"), writes("other.txt")) },
    { when: "Make the notes", ...report("made") },
  );
  const goal = "Make the notes: create notes.txt.";
  const finished = await stage.swarm.ask(["run", goal, "--workspace", stage.workspace, ...ASK]);
  expect(finished.code).toBe(5);
  expect(finished.stderr).toContain("Edit(./notes.txt)");
  expect(readFileSync(join(stage.workspace, "notes.txt"), "utf8")).toBe("made\n");
  const [one] = await listed(stage);
  expect(one?.input.file_path).toBe("other.txt");
  const run = documentOf<{ runId: string }>(finished).runId;
  const events = await stage.events(run);
  expect(ofType(events, "grants.given")).toMatchObject([{ grants: [{ rule: "Edit(./notes.txt)", by: "goal" }] }]);
  expect(ofType(events, "permission.decided")[0]).toMatchObject({ decision: "allow", rule: "grant Edit(./notes.txt)" });
});

it("the operator's time is the time: after it the call is refused, without anybody's word", async () => {
  await using stage = await openStage({ SWARM_APPROVAL_HOURS: "0.001" });
  const played = await stage.play([says(writes("made.txt")), report("left it")], ASK);
  const [asked] = ofType(played.events, "approval.requested");
  expect(asked?.ttlMs).toBe(3_600);
  const run = played.document.runId;
  const told = async (): Promise<boolean> => ofType(await stage.events(run), "approval.answered").length > 0;
  await eventually("its time is over", async () => (await resumed(stage, run)).document.status !== "parked" || told());
  const { document } = await resumed(stage, run);
  const events = await stage.events(run);
  expect([document.status, ofType(events, "approval.answered").map(({ by, allowed }) => [by, allowed])]).toEqual([
    "completed",
    [["timer", false]],
  ]);
  writeFileSync(join(stage.swarm.cwd, "swarm.config.json"), JSON.stringify({ approvalHours: 12 }));
  const refused = await stage.swarm.ask(["ps", "--json"]);
  expect(documentOf<Failed>(refused).error.code).toBe("config.operator");
});
