/** Laws of places: what is a secret, what gives power, what lies outside, and how names are read. */
import { describe, expect, it } from "vitest";
import { PROTECTED } from "../../../../registry/permission/protected-paths.ts";
import { globsMeet, textPattern } from "../../../../registry/permission/text-pattern.ts";
import { bash, decided, HOME, read, verdict, write } from "../../../support/permission-question.ts";

/** A path that the entry of the table must be about. */
const exampleOf = (entry: string): string => {
  const path = entry.replaceAll("*", "x1");
  return path.endsWith("/") ? `${path}inside` : path;
};

describe("every row of the table", () => {
  const entries = PROTECTED.flatMap(({ paths, read: reading, write: writing }) =>
    paths.split(" ").map((entry) => ({ entry, reading, writing })),
  );

  it.each(entries)("$entry", ({ entry, reading, writing }) => {
    const path = exampleOf(entry);
    const everything = { allow: ["Read", "Write", "Edit", "Bash", "Read(//**)", "Edit(//**)"] };
    if (entry.startsWith("/")) {
      // What lies at the root is out of reach for the file tools, and asked about for commands.
      expect(read(path, everything).decision).toBe("deny");
      expect(bash(`cat ${path}`, everything).decision).toBe("ask");
      expect(bash(`cat ${path}`).risk).not.toBe("read-only");
      return;
    }
    for (const where of [path, `deep/er/${path}`, `/work/project/${path}`, path.toUpperCase()]) {
      expect(write(where, everything).decision, where).toBe(writing);
      expect(write(where).risk, where).toBe("destructive");
      expect(read(where, everything).decision, where).toBe(reading ?? "allow");
      if (reading !== null) expect(read(where).risk, where).toBe("destructive");
    }
    expect(bash(`cat '${path}'`, everything).decision).toBe(reading ?? "allow");
    expect(bash(`echo x > '${path}'`, everything).decision).toBe(writing);
    expect(bash(`cat ~/'${path}'`).decision).not.toBe("allow");
  });

  it("is lower case, not empty and there once: what is compared is folded", () => {
    const all = entries.map(({ entry }) => entry);
    expect(all.filter((entry) => entry === "" || entry !== entry.toLowerCase())).toEqual([]);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("names", () => {
  it("are one where some file system takes them for one", () => {
    for (const path of [
      ".ENV",
      ".Env",
      ".e\u200bnv",
      "\uff0eenv",
      ".env\u00ad",
      "\ufeff.env",
      "x/../.env",
      "./.env",
      "a//.env",
    ]) {
      expect(read(path).decision, JSON.stringify(path)).toBe("ask");
    }
    expect(write(".GIT/hooks/pre-commit").decision).toBe("ask");
    expect(write(".g\u0131t/x").decision).toBe("ask");
  });

  it("made to be read hold no secret; what only looks alike is no secret either", () => {
    for (const path of [
      ".env.example",
      ".env.sample",
      ".env.template",
      "id_rsa.pub",
      "environment.ts",
      "src/env.ts",
      "keys.ts",
      "docs/credentials.md",
      "monkey.txt",
      "git/config.ts",
      "README.md",
      ".gitignore",
      ".editorconfig",
      "package.json",
    ]) {
      expect(read(path).decision, path).toBe("allow");
    }
    for (const path of [".gitignore", "src/git/index.ts", "github/workflows/x", "package.json"]) {
      expect(verdict(write(path)), path).toBe("ask silence");
    }
  });

  it("count below the workspace only: one that lies in such a folder is not closed by it", () => {
    for (const workspace of ["/root/project", "/home/u/.claude/worktrees/one", "/data/.swarm/x/.git/tree"]) {
      expect(read("src/a.ts", { workspace }).decision, workspace).toBe("allow");
      expect(verdict(write("src/a.ts", { workspace })), workspace).toBe("ask silence");
      expect(bash("cat src/a.ts", { workspace }).decision, workspace).toBe("allow");
      expect(bash(`cat ${workspace}/../secret.txt`, { workspace }).decision, workspace).not.toBe("allow");
    }
  });
});

describe("wildcards of a command", () => {
  it("that could mean a secret count as one", () => {
    for (const glob of [
      ".e*",
      ".en?",
      ".[e]nv",
      ".env*",
      "id_*",
      "*_rsa",
      "*.pem",
      "*.p?m",
      "s*.key",
      "config/.e*",
      "*/.env",
      ".ss*/x",
      "*secrets.json",
      "credential*",
    ]) {
      const { decision, risk } = bash(`cat ${glob}`);
      expect(decision, glob).toBe("ask");
      expect(risk, glob).not.toBe("read-only");
    }
    expect(bash("grep -r --include=.env x .").decision).toBe("ask");
    expect(bash("cat .*").decision).toBe("ask");
  });

  it("of everyday do not: a bare star does not stand for a name with a dot before it", () => {
    for (const glob of [
      "*",
      "*.ts",
      "src/*",
      "*.json",
      "src/*.test.ts",
      "*.md",
      "README*",
      "docs/*.*",
      "package*.json",
    ]) {
      expect(bash(`cat ${glob}`).decision, glob).toBe("allow");
    }
  });

  it("are matched in time that does not explode", () => {
    const glob = "*a".repeat(120);
    expect(globsMeet(glob, `${"a".repeat(240)}b`)).toBe(false);
    expect(textPattern("*a".repeat(2_000)).matches("a".repeat(1_999))).toBe(false);
    expect(globsMeet("a*c", "*b*")).toBe(true);
    expect(globsMeet("a[xyz]c", "abc")).toBe(true);
    expect(globsMeet("abc", "abd")).toBe(false);
  });
});

describe("outside of the workspace", () => {
  it("file tools reach nothing, whatever allows it; what leads back in is inside", () => {
    for (const path of ["/etc/hosts", "..", "../x", "a/../../x", "/work/projectx/a", "~/x", "/"]) {
      for (const decision of [read(path, { allow: ["Read"] }), write(path, { allow: ["Write"] })]) {
        expect(decision.decision, path).toBe("deny");
        expect(decision.risk, path).not.toBe("read-only");
      }
    }
    expect(verdict(read("../project/src/a"))).toBe("allow built-in.read-only");
    expect(decided("Grep", { pattern: "x", path: "/etc" }).decision).toBe("deny");
    expect(decided("Glob", { pattern: "*", path: ".." }).decision).toBe("deny");
  });

  it("commands are asked about, and are no longer merely reading; what everybody may see is no such place", () => {
    for (const command of [
      "cat /etc/hosts",
      "ls ..",
      "cat ../other/a",
      "ls ~",
      "cat $HOME/x",
      "cd .. && ls",
      "cd /tmp && ls",
      "ls /tmp",
      "grep -r x /var/log",
    ]) {
      const { decision, risk } = bash(command);
      expect(decision, command).toBe("ask");
      expect(risk, command).not.toBe("read-only");
      expect(bash(command, { approve: "deny" }).decision, command).toBe("deny");
    }
    for (const command of ["ls /usr/lib", "cat /etc/os-release", "ls x 2> /dev/null", "cd src && ls", "cat ./a/../b"]) {
      expect(bash(command).decision, command).toBe("allow");
    }
    expect(bash("cat /usr/lib/../../etc/hosts").decision).toBe("ask");
    expect(bash("echo x > /usr/lib/x").decision).toBe("ask");
  });

  it("folders that were added count as inside, for reading, writing and what is protected there", () => {
    const given = { addDirs: ["/data/extra"], allow: ["Write"] };
    expect(read("/data/extra/a", given).decision).toBe("allow");
    expect(write("/data/extra/a", given).decision).toBe("allow");
    expect(bash("cat /data/extra/a", given).decision).toBe("allow");
    expect(write("/data/extra/.git/hooks/x", given).decision).toBe("ask");
    expect(write("/data/extras/a", given).decision).toBe("deny");
  });

  it("a path that does not say where it leads is asked about", () => {
    for (const command of ["cat $FILE", "cat x$Y/z", "ls ~root", "cat ~other/x"])
      expect(bash(command).decision, command).toBe("ask");
  });
});

describe("the swarm's own folders", () => {
  const ownDirs = ["/work/project/data", "/var/state"];

  it("are shown to nobody and written by none, not even where a person would be asked", () => {
    const given = { ownDirs, allow: ["Read", "Write", "Bash"] };
    for (const path of ["data", "data/redis.conf", "./x/../data/a", ".swarm/x", "deep/.swarm/x"]) {
      expect(read(path, given).decision, path).toBe("deny");
      expect(write(path, given).decision, path).toBe("deny");
      expect(bash(`cat ${path}`, given).decision, path).toBe("deny");
    }
    expect(bash("ls /var/state/gates", given).decision).toBe("deny");
    expect(read("database/a", given).decision).toBe("allow");
  });

  it("do not close a working tree of the run's own that lies in one", () => {
    const given = { ownDirs: ["/var/state"], workspace: "/var/state/trees/one" };
    expect(read("src/a", given).decision).toBe("allow");
    expect(bash("cat /var/state/gates/x", given).decision).toBe("deny");
  });
});

describe("removing what must not go", () => {
  it.each([
    "rm -rf /",
    "rm -rf /*",
    "rm -rf /usr",
    "rm -rf /etc/*",
    "rm -rf ~",
    "rm -rf ~/",
    "rm -rf ~/*",
    "rm -rf $HOME",
    `rm -rf ${HOME}`,
    "rm -rf /home/other",
    "rm -rf .",
    "rm -rf ./",
    "rm -rf ..",
    "rm -rf ../..",
    "rm -rf /work/project",
    "rm -rf /work",
    'rm -rf "$DIR"/*',
    "rm -rf $DIR",
    "rmdir ..",
    "/bin/rm -rf ~",
    "timeout 9 rm -rf ~",
    "ls; rm -rf -- ..",
    "find / -delete",
  ])("is asked each time, with its name, whatever is allowed or granted: %s", (command) => {
    const { decision, rule, touches } = bash(command, { allow: ["Bash", `Bash(${command})`, "Bash(rm:*)"] });
    expect(`${decision} ${rule}`).toBe("ask protected.critical-removal");
    expect(touches).toHaveLength(1);
  });

  it("is not what is removed inside", () => {
    for (const command of ["rm -rf build", "rm -rf ./dist/*", "rm a.txt", "rm -rf /work/project/build"]) {
      expect(verdict(bash(command, { allow: ["Bash"] })), command).toBe("allow config.allow Bash");
    }
  });
});
