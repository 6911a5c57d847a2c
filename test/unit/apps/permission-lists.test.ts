/** Laws of the configured rules on their way into a run: each is checked, each error says where, paths keep their meaning. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { rightsOf } from "../../../apps/cli/permission-flags.ts";
import { permissionsOf } from "../../../apps/cli/permission-lists.ts";
import type { Config } from "../../../infra/config.ts";
import type { ConfiguredRule, PermissionList } from "../../../infra/permission-settings.ts";

const rule = (text: string, more: Partial<ConfiguredRule> = {}): ConfiguredRule => ({
  text,
  from: "/proj/swarm.config.json",
  at: "3:7",
  base: "/proj",
  foreign: false,
  ...more,
});
const config = (lists: Partial<Record<PermissionList, readonly ConfiguredRule[]>>) => ({
  permissions: { allow: [], ask: [], deny: [], notices: [], ...lists },
});

function refusal(act: () => unknown): Error {
  try {
    act();
  } catch (cause) {
    return cause as Error;
  }
  throw new Error("nothing was refused");
}

it("a rule that is none is refused by file, place, list and text, with the grammar as the way out", () => {
  for (const list of ["allow", "ask", "deny"] as const) {
    const error = refusal(() => permissionsOf(config({ [list]: [rule("Reed(x)")] })));
    expect(error).toMatchObject({
      code: "config.permissions",
      exit: 2,
      hint: expect.stringContaining("Bash(git diff:*)"),
    });
    expect(error.message).toBe(`/proj/swarm.config.json:3:7: permissions.${list}: "Reed(x)": there is no tool Reed`);
  }
});

it("of another program's settings, a rule about a tool that there is none of is left out and said; a broken one is refused", () => {
  const found = permissionsOf(
    config({ deny: [rule("NotebookEdit", { foreign: true }), rule("Write", { foreign: true })] }),
  );
  expect(found.deny).toEqual(["Write"]);
  expect(found.notices).toEqual([
    '/proj/swarm.config.json:3:7: "NotebookEdit" is not taken: there is no tool NotebookEdit',
  ]);
  expect(() => permissionsOf(config({ allow: [rule("Bash(", { foreign: true })] }))).toThrow(/no rule/);
});

it("rules that contradict each other are said, and which of them counts", () => {
  const { notices } = permissionsOf(config({ allow: [rule("Bash(ls:*)"), rule("Edit")], deny: [rule("Bash(ls *)")] }));
  expect(notices).toEqual(['"Bash(ls:*)" stands in allow and in deny: deny wins']);
});

it("a path with a slash before it counts from where its rule stands, wherever the run works", () => {
  const texts = ["Edit(/src/**)", "Read(//etc/**)", "Write(~/x)", "Read(./a)", "Bash(/bin/ls)"].map((text) =>
    rule(text),
  );
  expect(permissionsOf(config({ allow: texts }), "/proj").allow[0]).toBe("Edit(/src/**)");
  expect(permissionsOf(config({ allow: texts }), "/elsewhere").allow).toEqual([
    "Edit(//proj/src/**)",
    "Read(//etc/**)",
    "Write(~/x)",
    "Read(./a)",
    "Bash(/bin/ls)",
  ]);
});

function rights(flags: Record<string, unknown>, { attended = false } = {}) {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "statehive-flags-")));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  for (const folder of ["extra", "data/inner", "state"]) mkdirSync(join(home, folder), { recursive: true });
  symlinkSync("extra", join(home, "link"));
  const given = {
    ...config({}),
    dataDir: join(home, "data"),
    stateDirs: [join(home, "state")],
    commandEnv: { HOME: homedir() },
  };
  const inside = (value: unknown): unknown =>
    Array.isArray(value) ? value.map((path: string) => path.replace("$H", home)) : value;
  const meant = Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, inside(value)]));
  return { home, latched: () => rightsOf(meant, given as unknown as Config, "/proj", attended).latched };
}

it("nobody is asked unless somebody is there or said so; the mode is edit unless it was said otherwise", () => {
  expect(rights({}).latched()).toMatchObject({ mode: "edit", approve: "deny", addDirs: [] });
  expect(rights({}, { attended: true }).latched()).toMatchObject({ approve: "ask" });
  expect(rights({ approve: "ask", mode: "plan" }).latched()).toMatchObject({ approve: "ask", mode: "plan" });
  expect(rights({ approve: "allow-safe" }, { attended: true }).latched()).toMatchObject({ approve: "allow-safe" });
  expect(() => rights({ approve: "yes" }).latched()).toThrow(/--approve "yes"/);
  expect(() => rights({ mode: "write" }).latched()).toThrow(/--mode "write"/);
});

it("an added folder is latched without links; one that is none, or that opens too much, is refused", () => {
  const { home, latched } = rights({ addDir: ["$H/link", "$H/extra"] });
  expect(latched().addDirs).toEqual([join(home, "extra")]);
  for (const path of ["$H/missing", "/", homedir(), "$H", "$H/data", "$H/data/inner", "$H/state"]) {
    expect(() => rights({ addDir: [path] }).latched(), path).toThrow(/--add-dir/);
  }
});
