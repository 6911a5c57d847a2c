// What a shell offers behind `swarm` is what the command line takes: read off the same table, and tried in a real bash.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CommandRow } from "../../../apps/cli/command-row.ts";
import { commands } from "../../../apps/cli/command-table.ts";
import { SHELLS, scriptFor } from "../../../apps/cli/completion/scripts.ts";
import { completed } from "../../../apps/cli/completion/words.ts";

const known = commands.map(completed);

/** What bash offers for the last of these words. */
function offered(words: readonly string[], rows = known): string[] {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const script = `${scriptFor.bash(rows)}
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _swarm; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync("bash", ["--norc", "--noprofile", "-c", script], { encoding: "utf8" });
  return out.split("\n").filter((word) => word !== "");
}

describe("bash", () => {
  test("offers every command, and --help and --version", () => {
    expect(offered(["swarm", ""]).sort()).toEqual([...known.map(({ name }) => name), "--help", "--version"].sort());
    expect(known.length).toBeGreaterThan(20);
  });

  test("offers the commands that begin as what was typed does", () => {
    expect(offered(["swarm", "re"]).sort()).toEqual(["redis", "replay", "report", "resume", "revoke"]);
    expect(offered(["swarm", "nothing-begins-so"])).toEqual([]);
  });

  test("offers each command its own flags, and none that is hidden", () => {
    for (const { usage, options } of commands) {
      const [name = ""] = usage.split(" ");
      const wanted = options.filter(({ hidden }) => hidden !== true).map(({ flags }) => /--[\w-]+/.exec(flags)?.[0]);
      expect(offered(["swarm", name, "--"]).sort(), name).toEqual([...wanted, "--help"].sort());
    }
  }, 60_000);

  test("offers the few words that an argument can be, and nothing behind a flag that wants something else", () => {
    expect(offered(["swarm", "agents", ""]).sort()).toEqual(["list", "show"]);
    expect(offered(["swarm", "dlq", "re"])).toEqual(["requeue"]);
    expect(offered(["swarm", "tools", "--category", "l"])).toEqual([]);
  });

  test("takes no description for anything but text", () => {
    const trap: CommandRow = {
      usage: "trap <path>",
      summary: 'it\'s $(exit 3) `exit 4` "quoted" [x]: \\',
      options: [{ flags: "-x, --exit <file>", description: "'; exit 5; '" }],
      load: () => Promise.reject(new Error("nobody calls it")),
    };
    expect(offered(["swarm", ""], [completed(trap)])).toContain("trap");
  });
});

describe.each(SHELLS)("the script for %s", (shell) => {
  test("names every command and every flag of it", () => {
    const script = scriptFor[shell](known);
    for (const { name, flags } of known) {
      expect(script).toContain(name);
      for (const { long } of flags)
        expect(script, `${name} ${long}`).toContain(shell === "fish" ? `-l ${long.slice(2)}` : long);
    }
  });
});

test("a command whose usage says <action> has its words in the table, and its module knows each of them", async () => {
  const rows = commands.filter(({ usage }) => /[<[](action|shell)[>\]]/.test(usage));
  expect(rows.length).toBeGreaterThan(4);
  for (const { usage, actions = [] } of rows) {
    const [name = ""] = usage.split(" ");
    expect(actions.length, usage).toBeGreaterThan(0);
    const help = [usage, commands.find((row) => row.usage === usage)?.summary].join(" ");
    const source = readFileSync(new URL(`../../../apps/cli/commands/${name}.ts`, import.meta.url), "utf8");
    for (const action of actions) expect(`${help}\n${source}`, `${name} ${action}`).toContain(action);
  }
});
