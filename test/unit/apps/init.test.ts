// What a new configuration file says of each setting is what is read: no setting without its words, none that is not there.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ZodObject, ZodOptional } from "zod";
import { configText } from "../../../apps/cli/init/config-text.ts";
import { ignoreData } from "../../../apps/cli/init/ignore-data.ts";
import { settings } from "../../../apps/cli/init/settings.ts";
import { type Config, readConfig } from "../../../infra/config.ts";
import { fileSchema } from "../../../infra/config-schema.ts";

let folder: string;
let environment: Record<string, string>;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "swarm-init-")));
  environment = { HOME: join(folder, "home"), PATH: process.env.PATH ?? "" };
  for (const name of ["home", "repository/.git"]) mkdirSync(join(folder, name), { recursive: true });
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

const all = Object.entries(settings);
/** The value that a setting's words show, as JavaScript reads it. */
const shown = async (value: string): Promise<unknown> => {
  const module = (await import(`data:text/javascript,export default (${encodeURIComponent(value)})`)) as {
    default: unknown;
  };
  return module.default;
};

/** Without where each value came from, and in which order functions and folders were found. */
function comparable({ origins: _, mcp, permissions, ...config }: Config): unknown {
  const { allow, ask, deny } = permissions;
  const servers = mcp.layers.flatMap((layer) => Object.keys(layer.servers));
  return { ...config, servers, variables: mcp.variables, rules: [allow, ask, deny] };
}

const repository = (): string => join(folder, "repository");

/** As it is read where `text` is the operator's own file, or the repository's. */
async function withFile(text: string | null, place: "operator" | "repository"): Promise<Config> {
  const file = join(place === "operator" ? folder : repository(), `swarm.config.mjs`);
  if (text !== null) writeFileSync(file, text);
  const env = place === "operator" && text !== null ? { ...environment, SWARM_CONFIG: file } : environment;
  return readConfig(repository(), env);
}

describe("a new configuration file", () => {
  test("sets nothing: with it everything is as without", async () => {
    const without = comparable(await withFile(null, "repository"));
    expect(comparable(await withFile(configText(), "repository"))).toEqual(without);
    const read = (await import(join(repository(), "swarm.config.mjs"))) as { default: object };
    expect(read.default).toEqual({});
  });

  test("shows every setting that a file may have, with words, and no other", () => {
    expect(all.map(([name]) => name).sort()).toEqual(Object.keys(fileSchema.shape).sort());
    const text = configText();
    for (const [name, { words }] of all) {
      expect(text).toMatch(new RegExp(`^  // ${name}: .+,`, "m"));
      expect(words.join(" ").length, name).toBeGreaterThan(20);
      for (const line of words) expect(text).toContain(`  // ${line}\n`);
    }
  });

  test("names every field of a setting that has fields", () => {
    const groups = Object.entries(fileSchema.shape).flatMap(([name, schema]) => {
      const inner = schema instanceof ZodOptional ? schema.unwrap() : schema;
      return inner instanceof ZodObject ? Object.keys(inner.shape).map((field) => [name, field] as const) : [];
    });
    expect(groups.length).toBeGreaterThan(8);
    const said = ([name, field]: readonly [string, string]): boolean => {
      const { words, value } = settings[name as keyof typeof settings];
      return `${words.join(" ")} ${value}`.includes(field);
    };
    expect(groups.filter((group) => !said(group))).toEqual([]);
  });

  test("has no line that is too wide to be read", () => {
    expect(
      configText()
        .split("\n")
        .filter((line) => line.length > 120),
    ).toEqual([]);
  });
});

describe.each(all)("the setting %s", (name, { value, isDefault, operator }) => {
  test("is read in the form that is shown", async () => {
    expect(fileSchema.safeParse({ [name]: await shown(value) })).toMatchObject({ success: true });
  });

  test(isDefault ? "has the default that is shown" : "is told as an example, and is none of the defaults", async () => {
    const without = comparable(await withFile(null, "operator"));
    const before = configText();
    const uncommented = before.replace(new RegExp(`^  // (${name}: )`, "m"), "  $1");
    expect(uncommented).not.toBe(before);
    if (name === "dataDir") {
      // Relative to the file that it stands in.
      expect(comparable(await withFile(uncommented, "repository"))).toEqual(without);
      return;
    }
    const given = comparable(await withFile(uncommented, "operator"));
    if (isDefault) expect(given).toEqual(without);
    else expect(given).not.toEqual(without);
  });

  test(operator ? "is refused in a repository's file" : "may stand in a repository's file", async () => {
    const reading = withFile(configText().replace(new RegExp(`^  // (${name}: )`, "m"), "  $1"), "repository");
    if (operator) await expect(reading).rejects.toMatchObject({ code: "config.operator" });
    else await expect(reading).resolves.toBeDefined();
  });
});

describe("the data folder", () => {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: repository(), env: environment, encoding: "utf8" });
  const ignore = () => readFileSync(join(repository(), ".gitignore"), "utf8");
  const place = (dataDir = join(repository(), ".swarm")) => ({ root: repository(), dataDir, env: environment });
  beforeEach(() => git("init", "--quiet"));

  test("is left out by git afterwards, and what stood in .gitignore stands there still", async () => {
    writeFileSync(join(repository(), ".gitignore"), "node_modules");
    expect(await ignoreData(place())).toMatchObject({ done: "added", line: "/.swarm/" });
    expect(ignore()).toBe("node_modules\n/.swarm/\n");
    mkdirSync(join(repository(), ".swarm"));
    writeFileSync(join(repository(), ".swarm/redis.log"), "x");
    expect(git("status", "--porcelain")).toBe("?? .gitignore\n");
  });

  test("is not named twice", async () => {
    await ignoreData(place());
    expect(await ignoreData(place())).toMatchObject({ done: "nothing" });
    expect(ignore()).toBe("/.swarm/\n");
  });

  test("outside of the repository is none of its business", async () => {
    expect(await ignoreData(place(join(folder, "elsewhere")))).toMatchObject({ done: "nothing" });
    expect(git("status", "--porcelain")).toBe("");
  });

  test("is never written of through a link", async () => {
    const target = join(folder, "somebody's");
    writeFileSync(target, "kept\n");
    symlinkSync(target, join(repository(), ".gitignore"));
    expect(await ignoreData(place())).toMatchObject({ done: "left", line: "/.swarm/" });
    expect(readFileSync(target, "utf8")).toBe("kept\n");
  });
});
