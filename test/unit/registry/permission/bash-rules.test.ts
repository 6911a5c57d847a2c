/** Laws of the rules about commands: every part must be allowed, any part may be denied. */
import { describe, expect, it } from "vitest";
import { bash, verdict } from "../../../support/permission-question.ts";

const allowed = (rule: string | readonly string[], command: string): boolean =>
  bash(command, { allow: typeof rule === "string" ? [rule] : rule }).decision === "allow";
const denied = (rule: string, command: string): boolean =>
  bash(command, { allow: ["Bash"], deny: [rule] }).decision === "deny";

describe("an exact rule", () => {
  it("allows its text, blanks around it aside, and nothing that it begins, ends or continues", () => {
    expect(verdict(bash("npm test", { allow: ["Bash(npm test)"] }))).toBe("allow config.allow Bash(npm test)");
    expect(allowed("Bash(npm test)", " npm test\n")).toBe(true);
    for (const command of [
      "npm test -- --x",
      "npm test; rm x",
      "npm tes",
      "NPM TEST",
      "x npm test",
      "npm test\nrm x",
      "npm test > out",
    ]) {
      expect(allowed("Bash(npm test)", command), command).toBe(false);
    }
  });

  it("may be a line of any shape, and then stands for all of it", () => {
    const line = "for f in a b; do x $f; done > out 2>&1";
    expect(allowed(`Bash(${line})`, line)).toBe(true);
    expect(allowed(`Bash(${line})`, `${line}; true`)).toBe(false);
  });
});

describe("a pattern", () => {
  it.each([
    ["Bash(ls *)", ["ls -la x", "ls"], ["lsof", "lsof -i"]],
    ["Bash(tool*)", ["tool", "toolbox", "tool a"], ["atool"]],
    ["Bash(npm run test:*)", ["npm run test", "npm run test -- -x"], ["npm run tests", "npm run"]],
    ["Bash(npm run test *)", ["npm run test", "npm run test -- -x"], ["npm run tests"]],
    ["Bash(tool * --version)", ["tool a --version", "tool a b --version"], ["tool --versions", "tool a --version x"]],
    ["Bash(* install)", ["tool install"], ["tool install x"]],
    ["Bash(tool \\* x)", ["tool * x"], ["tool a x"]],
  ] as const)("%s", (rule, fits, others) => {
    // Programs that are known to only look are allowed by themselves: what a rule allows is seen by its name.
    const by = (command: string): boolean => verdict(bash(command, { allow: [rule] })) === `allow config.allow ${rule}`;
    for (const command of fits) expect(by(command), command).toBe(true);
    for (const command of others) expect(by(command), command).toBe(false);
  });

  it("must cover every part of a line, whatever joins them; what only looks needs no rule of its own", () => {
    const joined = [
      "make a && make b",
      "make a; make b",
      "make a | make b",
      "make a || make b",
      "make a |& make b",
      "make a\nmake b",
    ];
    for (const command of joined) expect(allowed("Bash(make:*)", command), command).toBe(true);
    for (const command of joined.map((line) => line.replace("make b", "other b"))) {
      expect(allowed("Bash(make:*)", command), command).toBe(false);
      expect(allowed(["Bash(make:*)", "Bash(other:*)"], command), command).toBe(true);
    }
    expect(allowed("Bash(make:*)", "ls src && make a | head -5")).toBe(true);
    expect(allowed("Bash(make:*)", "cat /etc/hosts && make a")).toBe(false);
    expect(allowed("Bash(make:*)", "cat .env && make a")).toBe(false);
  });

  it("covers no line that was not understood, however it begins", () => {
    for (const command of [
      "make a & other",
      "make $(other)",
      "make `other`",
      "make <(other)",
      "make a; (other)",
      "X=1 make a",
      "PATH=. make a",
      "make() { other; }; make",
      "make $((1))",
      "<&-other make",
    ]) {
      expect(allowed("Bash(make:*)", command), command).toBe(false);
    }
  });

  it("sees through wrappers that only start a command, and through no others", () => {
    for (const command of ["timeout 5 make a", "nice make a", "nohup make a", "time make a", "command make a"]) {
      expect(allowed("Bash(make:*)", command), command).toBe(true);
      expect(denied("Bash(make:*)", command), command).toBe(true);
    }
    for (const command of ["npx make a", "docker exec c make a", "sudo make a", "env make a"]) {
      expect(allowed("Bash(make:*)", command), command).toBe(false);
    }
  });

  it("never covers programs whose words start another: those are allowed by their exact text or asked about", () => {
    for (const command of [
      "find . -exec other {} ;",
      "find . -exec other {} \\;",
      "find . -delete",
      "watch other",
      "setsid other",
      "flock f other",
      "ls | xargs -I {} other {}",
    ]) {
      const [program = ""] = command.split(" ");
      expect(allowed([`Bash(${program}:*)`, "Bash(xargs:*)", "Bash(find *)", "Bash(ls:*)"], command), command).toBe(
        false,
      );
    }
    expect(allowed("Bash(watch -n1 date)", "watch -n1 date")).toBe(true);
  });

  it("does not cover where its output is written: that is an edit, and needs the rule of one", () => {
    expect(allowed("Bash(make:*)", "make a > out.txt")).toBe(false);
    expect(allowed(["Bash(make:*)", "Edit(*.txt)"], "make a > out.txt")).toBe(true);
    expect(allowed(["Bash(make:*)", "Edit(*.txt)"], "make a > out.log")).toBe(false);
    expect(allowed(["Bash(make:*)", "Edit(*.txt)"], "make a > ../out.txt")).toBe(false);
    expect(allowed("Bash(make:*)", "make out.txt > out.txt")).toBe(false);
    expect(allowed("Bash(make:*)", "make a 2>&1 > /dev/null")).toBe(true);
    expect(bash("make a > lib/x", { allow: ["Bash(make:*)", "Edit"], deny: ["Edit(lib/**)"] }).decision).toBe("deny");
  });

  it("reads words as the shell does: two that only look alike do not fit", () => {
    expect(allowed("Bash(make all)", 'make "all"')).toBe(true);
    expect(allowed("Bash(make a b)", 'make "a b"')).toBe(false);
    expect(allowed("Bash(make 'a b')", "make 'a b'")).toBe(true);
  });
});

describe("a rule that denies", () => {
  it.each([
    "rm x",
    "rm -rf x",
    "ls; rm x",
    "ls && rm x",
    "ls | rm x",
    "ls\nrm x",
    "ls & rm x",
    "timeout 5 rm x",
    "nice -n 5 rm x",
    "env A=1 rm x",
    "A=1 rm x",
    "sudo rm x",
    "sudo -u root rm x",
    "command rm x",
    "ls | xargs rm",
    "echo $(rm x)",
    "echo `rm x`",
    "(rm x)",
    "{ rm x; }",
    "if true; then rm x; fi",
    "for f in a; do rm $f; done",
    "/bin/rm x",
    "\\rm x",
    "'rm' x",
    '"r"m x',
    "r\\m x",
    "find . -exec rm {} \\;",
    "ls # \nrm x",
  ])("finds its program wherever it stands: %j", (command) => {
    expect(denied("Bash(rm:*)", command)).toBe(true);
  });

  it("is not fooled into denying what only speaks of it", () => {
    for (const command of ["echo rm", "grep 'rm -rf' a.sh", "git log --grep='; rm'", "ls rm", "cat rm.txt"]) {
      expect(denied("Bash(rm:*)", command), command).toBe(false);
    }
  });

  it("leaves what was not understood to a person, even where everything is allowed", () => {
    expect(verdict(bash("for f in a; do y; done", { allow: ["Bash"], deny: ["Bash(rm:*)"] }))).toBe(
      "ask rules.unclear",
    );
    expect(verdict(bash("for f in a; do y; done", { allow: ["Bash"] }))).toBe("allow config.allow Bash");
  });

  it("by its exact text denies that text in any spelling of its blanks and quotes", () => {
    for (const command of [
      "git push origin main",
      "git  push   origin main",
      "git push 'origin' main",
      "ls; git push origin main",
    ]) {
      expect(denied("Bash(git push origin main)", command), command).toBe(true);
    }
    expect(denied("Bash(git push origin main)", "git push origin main2")).toBe(false);
  });
});

describe("a rule that asks", () => {
  it("finds its program like one that denies", () => {
    for (const command of ["git push", "ls && git push -f", "timeout 9 git push"]) {
      expect(verdict(bash(command, { allow: ["Bash"], askRules: ["Bash(git push:*)"] })), command).toBe(
        "ask config.ask Bash(git push:*)",
      );
    }
  });
});
