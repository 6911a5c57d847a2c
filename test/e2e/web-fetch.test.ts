/** WebFetch from the command line: asked about or allowed by its host, out only where the operator says, and metered. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ofType, openStage, report, type Stage, says, toldBefore, use } from "../support/run-stage.ts";
import { documentOf, eventually } from "../support/swarm-cli.ts";

async function site(): Promise<{ port: number; paths: string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    response.writeHead(200, { "content-type": "text/html" }).end(`<h1>Page ${request.url}</h1><script>no</script>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, paths };
}

/** The operator's own file, not one that a repository brings. */
function operator(stage: Stage, settings: unknown): void {
  const folder = join(stage.swarm.home, ".config", "statehive");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "swarm.config.json"), JSON.stringify(settings));
}

it("a page is fetched where a rule allows its host and the operator opened it; nothing else is", async () => {
  await using stage = await openStage();
  const { port, paths } = await site();
  operator(stage, {
    web: { privateHosts: [`127.0.0.1:${port}`] },
    permissions: { allow: ["WebFetch(domain:127.0.0.1)", "WebFetch(domain:localhost)"] },
  });
  const played = await stage.play([
    says(
      use("WebFetch", { url: `http://127.0.0.1:${port}/one`, prompt: "what is it?" }),
      use("WebFetch", { url: `http://localhost:${port}/two` }),
      use("WebFetch", { url: "http://elsewhere.example/" }),
      use("WebFetch", { url: "file:///etc/passwd" }),
    ),
    report("read"),
  ]);
  expect(paths).toEqual(["/one"]);
  const told = toldBefore(played.requests[1]).map(({ content }) => String(content));
  expect(told[0]).toMatch(/HTTP 200\n<web-content-[0-9a-f]{16}> \(untrusted: [^\n]*\)\n# Page \/one\n<\/web-content/);
  expect(told[1]).toContain(`port ${port} is not open`);
  expect(told[2]).toContain("denied");
  expect(told[3]).toContain("not an http or https address");
  const decided = ofType(played.events, "permission.decided").map(({ decision, risk, rule }) => [decision, risk, rule]);
  expect(decided).toEqual([
    ["allow", "mutating", "config.allow WebFetch(domain:127.0.0.1)"],
    ["allow", "mutating", "config.allow WebFetch(domain:localhost)"],
    ["deny", "mutating", "network.fetch"],
  ]);
});

it("a repository cannot open private hosts: its file is refused by name", async () => {
  await using stage = await openStage();
  writeFileSync(
    join(stage.swarm.cwd, "swarm.config.json"),
    JSON.stringify({ web: { privateHosts: ["169.254.169.254"] } }),
  );
  const { code, stderr } = await stage.swarm.ask(["ps"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("web.privateHosts is the operator's to say")]);
  operator(stage, { web: { privateHosts: ["http://x/"] } });
  expect((await stage.swarm.ask(["ps"], { cwd: stage.swarm.home })).stderr).toContain("host or host:port");
});

interface Waiting {
  readonly approvals: readonly { readonly id: string; readonly tool: string }[];
}

it("what was asked about and allowed three times is in the audit, in the meter, and proposed as a rule", async () => {
  await using stage = await openStage();
  const { port, paths } = await site();
  operator(stage, { web: { privateHosts: [`127.0.0.1:${port}`] } });
  const page = (name: string) => says(use("WebFetch", { url: `http://127.0.0.1:${port}/${name}` }));
  const begun = stage.begin(
    [page("a"), page("b"), page("c"), report("read")],
    ["--approve", "ask", "--detach", "--json"],
  );
  const { runId } = documentOf<{ runId: string }>(await begun.command.done);
  for (const path of ["/a", "/b", "/c"]) {
    const id = await eventually(`somebody is asked about ${path}`, async () => {
      const list = documentOf<Waiting>(await stage.swarm.ask(["approvals", "list", "--json"]));
      return list.approvals[0]?.id;
    });
    const answered = await stage.swarm.ask(["approve", id, "--reason", "fine"]);
    expect([answered.code, answered.stderr]).toEqual([0, expect.any(String)]);
    await eventually(`${path} is fetched`, () => paths.at(-1) === path);
  }
  await eventually("the run ends", async () => {
    const shown = documentOf<{ status: string }>(await stage.swarm.ask(["show", runId, "--json"]));
    return shown.status === "completed";
  });
  const { decisions } = documentOf<{ decisions: readonly Record<string, unknown>[] }>(
    await stage.swarm.ask(["audit", "query", "--run", runId, "--json"]),
  );
  const answers = decisions.filter(({ answeredBy }) => answeredBy !== null);
  expect(decisions.map(({ decision }) => decision)).toEqual(["allow", "ask", "allow", "ask", "allow", "ask"]);
  expect(answers).toHaveLength(3);
  for (const answer of answers) {
    expect(answer).toMatchObject({ tool: "WebFetch", handler: "interactive", rule: "approval", reason: "fine" });
    expect(answer.latencyMs).toBeGreaterThan(0);
    expect((answer.input as { url: string }).url).toContain(`127.0.0.1:${port}/`);
  }
  const meter = documentOf<Record<string, unknown>>(await stage.swarm.ask(["audit", "meter", "--json"]));
  expect(meter).toMatchObject({
    calls: 3,
    prompts: 3,
    promptsPer100: 100,
    allowed: 3,
    byRule: { "network.fetch": { prompts: 3, allowed: 3 } },
    proposals: [{ rule: "WebFetch(domain:127.0.0.1)", approvals: 3, covers: 3, asked: 3 }],
  });
});
