/** Where skills and agent files are looked for, which of them count, and that nothing wrong with one stops the others. */
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Where } from "../../actors/discovery/places.ts";
import { profilesAt } from "../../actors/discovery/profiles-at.ts";
import { skillsAt } from "../../actors/discovery/skills-at.ts";
import { approvedProfile, collectSkills, type PinnedRow } from "../../apps/cli/collect-skills.ts";
import { readConfig } from "../../infra/config.ts";
import { temporaryFolder, writeFiles } from "../support/workspace.ts";

const skill = (name: string, words = "Text", more = ""): string =>
  `---\nname: ${name}\ndescription: About ${name}.\n${more}---\n${words}\n`;
const agent = (name: string, more = ""): string => `---\nname: ${name}\ndescription: Is ${name}.\n${more}---\nText\n`;

/** A repository with a folder in it, a home beside it, and a folder that the operator names. */
function places(files: Readonly<Record<string, string>>): Where & { readonly outer: string } {
  const outer = temporaryFolder();
  for (const folder of ["repository/inner/.keep", "home/.keep", "operator/.keep"]) writeFiles(outer, { [folder]: "" });
  writeFiles(outer, files);
  const at = (folder: string): string => join(outer, folder);
  return {
    outer,
    workspace: at("repository/inner"),
    root: at("repository"),
    home: at("home"),
    folders: [at("operator")],
  };
}

describe("skills", () => {
  it("are found in every place, each with the scope of whoever brings it; of one name the operator's comes first", async () => {
    const where = places({
      "operator/mine/SKILL.md": skill("mine"),
      "operator/shared/SKILL.md": skill("shared", "operator"),
      "repository/inner/.claude/skills/shared/SKILL.md": skill("shared", "inner"),
      "repository/inner/swarm.skills/near/SKILL.md": skill("near", "inner"),
      "repository/.claude/skills/near/SKILL.md": skill("near", "root"),
      "repository/.claude/skills/far/SKILL.md": skill("far"),
      "home/.claude/skills/homely/SKILL.md": skill("homely"),
    });
    const { skills, problems } = await skillsAt(where);
    expect(skills.map(({ name, scope, trusted }) => [name, scope, trusted])).toEqual([
      ["far", where.root, false],
      ["homely", "", false],
      ["mine", "", true],
      ["near", where.workspace, false],
      ["shared", "", true],
    ]);
    expect(problems.map(({ path, weight }) => [path, weight])).toEqual([
      [join(where.workspace, ".claude/skills/shared/SKILL.md"), "dropped"],
      [join(where.root ?? "", ".claude/skills/near/SKILL.md"), "dropped"],
    ]);
  });

  it("of a folder above are not looked for where the workspace lies in no repository", async () => {
    const where = places({ "repository/.claude/skills/far/SKILL.md": skill("far") });
    expect(await skillsAt({ ...where, root: null })).toEqual({ skills: [], problems: [] });
  });

  it("that the operator's configuration names in the home need no approval, and are not there twice", async () => {
    const where = places({ "home/.claude/skills/homely/SKILL.md": skill("homely") });
    const { skills, problems } = await skillsAt({ ...where, folders: [join(where.outer, "home/.claude/skills")] });
    expect([skills.map(({ name, trusted }) => [name, trusted]), problems]).toEqual([[["homely", true]], []]);
  });

  it("that are bad are each told with file, line and reason, and the good ones stay", async () => {
    const place = "repository/inner/.claude/skills";
    const where = places({
      [`${place}/good/SKILL.md`]: skill("good"),
      [`${place}/good/assets/photo.bin`]: "\0\u0001",
      [`${place}/misnamed/SKILL.md`]: skill("other"),
      [`${place}/headless/SKILL.md`]: "# Title\n",
      [`${place}/nothing/README.txt`]: "x",
      [`${place}/small/skill.md`]: skill("small"),
      [`${place}/linked/SKILL.md`]: skill("linked"),
      [`${place}/huge/SKILL.md`]: skill("huge"),
      [`${place}/binary/SKILL.md`]: "",
      [`${place}/loose.md`]: skill("loose"),
      [`${place}/README.md`]: "about this folder",
      "secret/SKILL.md": skill("secret"),
    });
    const at = (path: string): string => join(where.workspace, ".claude/skills", path);
    symlinkSync("/etc/passwd", at("linked/passwd"));
    symlinkSync(join(where.outer, "secret"), at("secret"));
    symlinkSync("nowhere", at("lost"));
    writeFileSync(at("huge/data.bin"), "");
    truncateSync(at("huge/data.bin"), 9 * 1024 * 1024);
    writeFileSync(at("binary/SKILL.md"), Uint8Array.of(0xff, 0xfe, 0));
    const { skills, problems } = await skillsAt(where);
    expect(skills.map(({ name, files }) => [name, files.map(({ path }) => path)])).toEqual([
      ["good", ["SKILL.md", "assets/photo.bin"]],
    ]);
    const told = problems
      .map(({ path, line, reason }) => `${path.slice(at("").length + 1)}:${line ?? "-"} ${reason}`)
      .sort();
    expect(told).toEqual([
      "binary/SKILL.md:- it is not UTF-8 text, or has 3 bytes, which is too long",
      "headless/SKILL.md:1 it has no head: name and description between two lines of ---",
      "huge/data.bin:- it has 9437184 bytes; at most 8388608",
      "linked/passwd:- it is a link out of the skill's folder",
      "loose.md:- a skill is a folder with SKILL.md in it, not a file",
      "lost:- it is a link that leads nowhere",
      'misnamed/SKILL.md:2 its name is other, its folder\'s "misnamed"',
      "nothing:- it has no SKILL.md",
      `secret:- it is a link out of ${where.workspace}`,
      "small/skill.md:- it is to be called SKILL.md",
    ]);
  });

  it("of a place that is a link out of the repository, or cannot be opened, are left out and told", async () => {
    const where = places({ "elsewhere/skills/evil/SKILL.md": skill("evil") });
    mkdirSync(join(where.workspace, ".claude"));
    symlinkSync(join(where.outer, "elsewhere/skills"), join(where.workspace, ".claude/skills"));
    writeFileSync(join(where.workspace, "swarm.skills"), "a file");
    const { skills, problems } = await skillsAt(where);
    expect(skills).toEqual([]);
    expect(problems.map(({ reason }) => reason).sort()).toEqual([
      `it is a link out of ${where.workspace}`,
      "it is not a folder",
    ]);
  });

  it("of more files than a skill may have are left out", async () => {
    const files = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`operator/many/f${index}`, ""]));
    const { skills, problems } = await skillsAt(places({ ...files, "operator/many/SKILL.md": skill("many") }));
    expect(skills).toEqual([]);
    expect(problems.map(({ reason }) => reason)).toContain("the skill has more than 1000 files");
  });

  it.skipIf(process.getuid?.() === 0)("that cannot be read are told", async () => {
    const where = places({ "operator/closed/SKILL.md": skill("closed") });
    chmodSync(join(where.outer, "operator/closed/SKILL.md"), 0);
    expect((await skillsAt(where)).problems).toHaveLength(1);
  });
});

describe("agent files", () => {
  it("are found at any depth, by their own name; the nearest counts, the person's home comes last", async () => {
    const where = places({
      "repository/inner/.claude/agents/review/any-name.md": agent("reviewer", "tools: Read\n"),
      "repository/.claude/agents/reviewer.md": agent("reviewer"),
      "repository/swarm.agents/tester.md": agent("tester"),
      "home/.claude/agents/tester.md": agent("tester", "tools: Read\n"),
      "home/.claude/agents/writer.md": agent("writer"),
      "home/.claude/agents/notes.txt": "x",
    });
    const { profiles, problems } = await profilesAt(where);
    expect(profiles.map(({ name, base, scope }) => [name, base, scope])).toEqual([
      ["reviewer", "explore", where.workspace],
      ["tester", "general", where.root],
      ["writer", "general", ""],
    ]);
    expect(problems.map(({ reason }) => reason)).toEqual([
      expect.stringContaining(`there is an agent reviewer already, in ${where.workspace}`),
      expect.stringContaining(`there is an agent tester already, in ${where.root}`),
    ]);
  });

  it("that are bad are each told, and none is passed over in silence", async () => {
    const place = "repository/inner/.claude/agents";
    const where = places({
      [`${place}/good.md`]: agent("good"),
      [`${place}/README.md`]: "# Our agents\n",
      [`${place}/colon.md`]: "---\nname: colon\ndescription: Use it when: always\n---\nText\n",
      // In its folder it comes first: of one place the first by its path counts.
      [`${place}/deep/er/twice.md`]: agent("good"),
      [`${place}/huge.md`]: agent("huge") + "x".repeat(300_000),
    });
    symlinkSync("/etc/passwd", join(where.workspace, ".claude/agents/passwd.md"));
    const { profiles, problems } = await profilesAt(where);
    const named = problems.map(({ path }) => path.slice(join(where.workspace, ".claude/agents/").length)).sort();
    expect(profiles.map(({ name }) => name)).toEqual(["good"]);
    expect(named).toHaveLength(5);
    expect(named).toEqual(["README.md", "colon.md", "good.md", "huge.md", "passwd.md"]);
  });
});

describe("what a run takes along", () => {
  const files = {
    "repository/inner/swarm.skills/known/SKILL.md": skill("known"),
    "repository/inner/swarm.skills/changed/SKILL.md": skill("changed"),
    "repository/inner/swarm.skills/out/SKILL.md": skill("out"),
    "repository/inner/swarm.skills/stranger/SKILL.md": skill("stranger"),
    "repository/inner/swarm.agents/reviewer.md": agent("reviewer"),
    "operator/mine/SKILL.md": skill("mine"),
    ...Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`home/.claude/skills/h${index}/SKILL.md`, skill(`h${index}`)]),
    ),
  };
  const configOf = ({ folders, home }: Where) => ({
    skillFolders: folders,
    agentFolders: [],
    commandEnv: home === null ? {} : { HOME: home },
  });
  const rowsOf = async (where: Where): Promise<PinnedRow[]> => {
    const { skills } = await skillsAt(where);
    const row = (name: string, change: Partial<PinnedRow> = {}): PinnedRow => {
      const one = skills.find((found) => found.name === name);
      if (one === undefined) throw new Error(name);
      return { kind: "skill", scope: one.scope, name, hash: one.hash, active: true, ...change };
    };
    return [
      row("known"),
      row("changed", { hash: "0".repeat(64) }),
      row("out", { active: false }),
      row("stranger", { scope: "/another" }),
    ];
  };

  it("is what the operator names and what was approved here and is the same; the rest is told with the way out", async () => {
    const where = places(files);
    const { skills, left } = await collectSkills(where.workspace, configOf(where), await rowsOf(where));
    expect(skills.map(({ name }) => name)).toEqual(["known", "mine"]);
    expect(left.map(({ name, reason }) => `${name}: ${reason.split(":")[0]}`)).toEqual([
      "changed: it has changed since it was approved",
      "out: it was taken out",
      "stranger: nobody has approved it",
      "~/.claude/skills: h0, h1, h10, h11, h2, h3, h4, h5, h6, h7, and 2 more",
    ]);
    for (const { reason } of left) expect(reason).toContain("swarm tools check");
  });

  it("is an agent file as it was approved, and no other version of it", async () => {
    const where = places(files);
    const [profile] = (await profilesAt({ ...where, folders: [] })).profiles;
    if (profile === undefined) throw new Error("no profile");
    const row: PinnedRow = {
      kind: "profile",
      scope: where.workspace,
      name: "reviewer",
      hash: profile.hash,
      active: true,
    };
    expect(approvedProfile(profile, [row])).toMatchObject({ name: "reviewer", hash: profile.hash });
    const wrong: readonly PinnedRow[][] = [
      [],
      [{ ...row, hash: "0".repeat(64) }],
      [{ ...row, active: false }],
      [{ ...row, scope: "" }],
      [{ ...row, kind: "skill" }],
    ];
    for (const rows of wrong) {
      expect(() => approvedProfile(profile, rows)).toThrow(
        expect.objectContaining({ code: "agent.unapproved", exit: 2 }),
      );
    }
  });

  it("is named by the operator alone: a repository's configuration that names folders is refused", async () => {
    const where = places({
      "repository/.git/HEAD": "ref: refs/heads/main\n",
      "repository/swarm.config.json": '{"skillFolders": ["./skills"]}',
      "home/.config/statehive/swarm.config.json": '{"skillFolders": ["~/own"], "agentFolders": ["beside"]}',
    });
    const home = where.home ?? "";
    const env = { HOME: home, XDG_CONFIG_HOME: join(home, ".config") };
    await expect(readConfig(where.workspace, env)).rejects.toMatchObject({ code: "config.operator", exit: 2 });
    const config = await readConfig(home, env);
    expect(config.skillFolders).toEqual([join(home, "own")]);
    expect(config.agentFolders).toEqual([join(home, ".config/statehive/beside")]);
  });
});
