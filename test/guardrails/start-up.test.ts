// What a command reads before it does anything: every module costs each start of it, so the heavy ones are loaded by those
// that need them. Counted in the build, not timed.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bundle = join(root, "dist", "bundle");

beforeAll(() => {
  execFileSync(process.execPath, [join(root, "test/support/build.mjs")], { stdio: "inherit" });
});

interface Loaded {
  /** Of our own and of packages, as the build names the places that it joined. */
  readonly modules: readonly string[];
  /** Of Node's own. */
  readonly builtins: readonly string[];
  readonly files: number;
}

/** Everything that a file and what it imports, statically, bring along. */
function loadedBy(entry: string): Loaded {
  const seen = new Map<string, string>();
  const builtins = new Set<string>();
  const take = (file: string): void => {
    if (seen.has(file)) return;
    const text = readFileSync(file, "utf8");
    seen.set(file, text);
    for (const [, from = ""] of text.matchAll(/^(?:import|export)\b(?:[^;"']*?\bfrom)?\s*"([^"]+)"/gm)) {
      if (from.startsWith(".")) take(join(dirname(file), from));
      else builtins.add(from);
    }
  };
  take(entry);
  const modules = [...seen.values()].flatMap((text) =>
    [...text.matchAll(/^ *\/\/ (\S+\.js)$/gm)].map(([, from = ""]) => from),
  );
  return { modules, builtins: [...builtins].sort(), files: seen.size };
}

/** The newest build's part that holds a command, beside those of earlier ones that may still lie there. */
function commandFile(name: string): string {
  const current = readFileSync(join(root, "dist", ".stamp"), "utf8");
  const found = readdirSync(bundle).filter(
    (file) =>
      current.includes(`bundle/${file}`) &&
      readFileSync(join(bundle, file), "utf8").includes(`// apps/cli/commands/${name}.js\n`),
  );
  const [only = ""] = found;
  expect(found).toHaveLength(1);
  return join(bundle, only);
}

const packagesOf = ({ modules }: Loaded): string[] => [
  ...new Set(modules.flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? [])),
];

it("a status line loads no package, no parser of flags, and of Node's own what a socket takes", () => {
  const main = loadedBy(join(root, "dist/apps/cli/main.js"));
  expect(main.modules).toEqual(["apps/cli/main.js"]);
  const status = loadedBy(join(root, "dist/apps/cli/status-line.js"));
  expect(status.modules).toContain("infra/redis/swarm-status.js");
  expect(status.files).toBe(1);
  expect(packagesOf(status)).toEqual([]);
  expect(status.builtins).toEqual(["fs", "fs/promises", "net", "os", "path", "url"].map((name) => `node:${name}`));
});

describe("commands that only look or answer", () => {
  it.each(["ps", "show", "logs", "why", "approve", "run", "stop"])("%s loads no client of a model", (name) => {
    const loaded = loadedBy(commandFile(name));
    expect(packagesOf(loaded)).toContain("ioredis");
    expect(packagesOf(loaded).filter((one) => one.startsWith("@anthropic-ai/"))).toEqual([]);
  });
});

it("zod comes in one language, and nothing of OpenTelemetry's senders is loaded where no collector is named", () => {
  const worker = loadedBy(commandFile("worker"));
  expect(packagesOf(worker)).toContain("zod");
  expect(worker.modules.filter((name) => /zod\/v4\/locales\/(?!(?:en|index)\.js)/.test(name))).toEqual([]);
  expect(packagesOf(worker).filter((one) => /^@opentelemetry\/(?!api$)|bullmq-otel/.test(one))).toEqual([]);
  expect(worker.modules.filter((name) => name.startsWith("infra/telemetry/open-tracing"))).toEqual([]);
});
