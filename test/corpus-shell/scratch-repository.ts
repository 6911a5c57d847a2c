/** A small git repository with the files that the corpus names, in which its lines can really be run. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface Scratch {
  readonly folder: string;
  /** Runs the text as a tool would: no startup files, no input, a fixed environment. Ten seconds at most. */
  run(text: string): Outcome;
  close(): void;
}

export interface Outcome {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const prose = (name: string): string =>
  Array.from(
    { length: 40 },
    (_, n) => `${n % 7 === 0 ? "TODO" : "line"} ${n} of ${name}: foo ${n * 37} error bar`,
  ).join("\n");

const CONTENTS: Readonly<Record<string, string>> = {
  "package.json":
    '{\n  "name": "x",\n  "version": "1.2.3",\n  "scripts": {\n    "test": "true",\n    "build": "true"\n  },\n  "dependencies": { "react": "1.0.0" }\n}\n',
  "tsconfig.json": '{ "compilerOptions": {} }\n',
  "data.json": '{"items":[{"id":1,"name":"a"},{"id":2,"name":"b"}],"users":[{"email":"x@y"}]}\n',
  "users.json": '[{"active":true,"name":"x"},{"active":false,"name":"y"}]\n',
  "people.json": '[{"age":31,"name":"b"},{"age":40,"name":"a"}]\n',
  "config.json": '{"a":1,"b":2}\n',
  "data.csv": "b,2,x\na,10,y\nc,1,z\n",
  "numbers.txt": "1\n2\n3\n",
  "names.txt": "bob\nalice\nbob\n",
  "sorted.txt": "a\na\nb\n",
  "a.txt": "a\nb\nc\n",
  "b.txt": "b\nc\nd\n",
  "encoded.txt": "aGVsbG8=\n",
  "config.ini": "# comment\nkey=foo\n",
  Makefile: "all:\n\ttrue\n",
  "My Documents/x.txt": "x\n",
  "data.bin": "\u0001\u0002binary version 1\n",
  ".gitignore": "dist\nnode_modules\n",
  ".env.example": "# none\nA=1\n",
  "dist/main.js": "console.log(1)\n",
  "node_modules/.bin/tsc": "#!/bin/sh\n",
  "packages/core/package.json": "{}\n",
};
const PROSE = [
  "README.md",
  "CHANGELOG.md",
  "notes.txt",
  "file.txt",
  "data.txt",
  "counts.txt",
  "old.ts",
  "new.ts",
  "script.sh",
  "src/index.ts",
  "src/main.ts",
  "src/main.py",
  "src/a.ts",
  "src/app.py",
  "src/foo.ts",
  "src/lib/index.ts",
  "test/unit/one.test.ts",
  "docs/guide.md",
  "docs/find.md",
  "scripts/build.sh",
  "logs/app.log",
  "access.log",
];

const ENV = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  LC_ALL: "C.UTF-8",
  TERM: "dumb",
  TZ: "UTC",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_DATE: "2024-01-02T03:04:05Z",
  GIT_COMMITTER_DATE: "2024-01-02T03:04:05Z",
};

export function openScratch(): Scratch {
  const home = mkdtempSync(join(tmpdir(), "statehive-scratch-"));
  const folder = join(home, "repository");
  const env = { ...ENV, HOME: home };
  mkdirSync(folder);
  const git = (...words: string[]) => execFileSync("git", words, { cwd: folder, env, stdio: "ignore" });
  git("init", "-q", "-b", "main");
  git("config", "user.name", "alice");
  git("config", "user.email", "alice@example.com");
  for (const [name, text] of Object.entries(CONTENTS)) put(folder, name, text);
  for (const name of PROSE) put(folder, name, `${prose(name)}\n`);
  git("add", "-A");
  git("commit", "-q", "-m", "fix: first");
  git("tag", "v1.0.0");
  for (const n of [1, 2, 3]) {
    put(folder, "src/index.ts", `${prose(`src/index.ts ${n}`)}\n## part ${n}\n`);
    git("commit", "-qam", `change ${n}`);
  }
  git("tag", "v1.1.0");
  git("branch", "feature");
  put(folder, "src/foo.ts", "changed\n");
  put(folder, "untracked.ts", "new\n");
  return {
    folder,
    run: (text) => {
      const { status, stdout, stderr } = spawnSync("/bin/bash", ["--noprofile", "--norc", "-c", text], {
        cwd: folder,
        env,
        stdio: ["ignore", "pipe", "pipe"],
        timeout: 10_000,
        killSignal: "SIGKILL",
        encoding: "latin1",
      });
      return { exit: status, stdout, stderr };
    },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

/**
 * Puts what a hostile clone can hold into a folder: a whole bare repository, as ordinary files, whose configuration names
 * a program wherever git starts one.
 * @returns what was started since.
 */
export function embedRepository(scratch: Scratch, folder: string): () => string[] {
  const marks = join(scratch.folder, "..", "marks");
  const inner = join(scratch.folder, folder);
  mkdirSync(marks);
  rmSync(inner, { recursive: true, force: true });
  execFileSync("cp", ["-r", join(scratch.folder, ".git"), inner]);
  rmSync(join(inner, "hooks"), { recursive: true, force: true });
  const mark = (name: string): string => {
    const script = join(scratch.folder, "..", `hostile-${name}`);
    writeFileSync(script, `#!/bin/sh\n: > '${join(marks, name)}'\ncat 2>/dev/null\nexit 0\n`, { mode: 0o755 });
    return script;
  };
  const config = [
    ["[core]", "bare = false", "worktree = .", "repositoryformatversion = 0"],
    [`fsmonitor = ${mark("fsmonitor")}`, `pager = ${mark("pager")}`, `editor = ${mark("editor")}`],
    ["[diff]", `external = ${mark("external")}`, '[diff "evil"]', `textconv = ${mark("textconv")}`],
    ['[filter "evil"]', `clean = ${mark("clean")}`, `smudge = ${mark("smudge")}`],
    ["[gpg]", `program = ${mark("gpg")}`, "[log]", "showSignature = true"],
    ["[alias]", `st = !${mark("alias")}`],
  ].flat();
  writeFileSync(join(inner, "config"), `${config.join("\n")}\n`);
  put(inner, "info/attributes", "* diff=evil filter=evil\n");
  return () => readdirSync(marks);
}

function put(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}
