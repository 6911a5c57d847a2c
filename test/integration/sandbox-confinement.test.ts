/**
 * What a confined command cannot do, each by a real command in a real sandbox: one law per way out that is known. As
 * root both kinds of workspace are tried, root's own and another user's.
 */
import { execFileSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { numberOf, refused, unknown } from "../../infra/bwrap/syscalls.ts";
import { signalProcess } from "../../infra/redis/process-identity.ts";
import { exitAnswer } from "../../registry/tools/run/bash.ts";
import {
  builtModule,
  linesIn,
  openTestJournal,
  type TestJournal,
  type TestJournalOptions,
} from "../support/journal.ts";
import { bubblewrap, STRANGER, ways } from "../support/sandbox.ts";
import { eventually } from "../support/swarm-cli.ts";

const has = (await bubblewrap()) !== null;
const isRoot = process.getuid?.() === 0;
const never = new AbortController().signal;

let effects = 0;

async function ran(
  { journal, workspace }: TestJournal,
  command: string,
  more: { timeoutMs?: number; network?: boolean; looksOnly?: boolean; writable?: readonly string[] } = {},
) {
  effects += 1;
  const order = { effect: `r_one/a_goal/0.${effects}:0`, inputHash: "h", command, cwd: workspace };
  const end = await journal.run({ ...order, timeoutMs: 60_000, ...more }, never);
  if (end.kind !== "ended") throw new Error(`it did not end but: ${end.kind}`);
  return { ...end.outcome, text: end.output.toString("utf8") };
}

const perl = (program: string): string => `perl -e '${program}'`;

/** A unix or TCP server that greets; closed when the test ends. */
async function greeter(listen: { path: string } | { host: string; port: number }): Promise<Server> {
  const server = createServer((socket) => socket.end("hello\n"));
  await new Promise<void>((resolve) => server.listen(listen, resolve));
  onTestFinished(() => void server.close());
  return server;
}

describe.skipIf(!has).each(ways)("%s", (_, owner) => {
  const opened = (options: Omit<TestJournalOptions, "owner"> = {}): Promise<TestJournal> =>
    openTestJournal({ confined: {}, ...options, ...(owner === undefined ? {} : { owner }) });

  it("the level is found to be full, and outcome and start both name it", async () => {
    const given = await opened();
    expect(given.sandbox).toMatchObject({ level: "full", reasons: [] });
    expect(await ran(given, "true")).toMatchObject({ code: 0, sandbox: "full" });
    const seen = await given.journal.look(`r_one/a_goal/0.${effects}:0`);
    expect(seen?.started?.sandbox).toBe("full");
  });

  it("no rights, none to be gained, and the filter in force", async () => {
    const { text } = await ran(await opened(), "cat /proc/self/status; id -u");
    expect(text).toMatch(/^NoNewPrivs:\t1$/m);
    expect(text).toMatch(/^Seccomp:\t2$/m);
    for (const set of ["Inh", "Prm", "Eff", "Bnd", "Amb"])
      expect(text).toMatch(new RegExp(`^Cap${set}:\\t0{16}$`, "m"));
    expect(text).not.toMatch(/\n0\n$/);
  });

  it("a line that was judged read-only sees everything and can write to none of it: not the folder, not an added one, not its repository", async () => {
    const given = await opened();
    const { workspace } = given;
    const beside = mkdtempSync(join(dirname(workspace), "beside-"));
    if (owner !== undefined) chownSync(beside, owner, owner);
    await ran(
      given,
      "echo one >a.txt && git init -q . && git add a.txt && git -c user.name=n -c user.email=e@x commit -qm one && touch a.txt",
    );
    const index = statSync(join(workspace, ".git/index")).mtimeMs;
    const looks = { looksOnly: true, writable: [beside] };
    const seen = await ran(
      given,
      "cat a.txt; git status --short; git log --oneline; git diff --stat; echo x >/tmp/x && cat /tmp/x",
      looks,
    );
    expect(seen).toMatchObject({ code: 0, looksOnly: true, text: expect.stringMatching(/^one\n\w+ one\nx\n$/) });
    expect(statSync(join(workspace, ".git/index")).mtimeMs).toBe(index);
    const tries = [
      "echo x >b.txt",
      "echo x >>a.txt",
      "rm a.txt",
      "mkdir d",
      "git commit -q --allow-empty -m two",
      "chmod 777 a.txt",
    ];
    for (const one of [...tries, `echo x >${beside}/b.txt`]) {
      const tried = await ran(given, one, looks);
      expect({ one, ...tried }).toMatchObject({
        looksOnly: true,
        text: expect.stringMatching(/read-only file system/i),
      });
      expect(tried.code).not.toBe(0);
      expect(exitAnswer({ ...tried, output: Buffer.from(tried.text) })).toMatchObject({ ok: false, misjudged: true });
    }
    expect(readFileSync(join(workspace, "a.txt"), "utf8")).toBe("one\n");
    expect(readdirSync(workspace).sort()).toEqual([".git", "a.txt"]);
    expect(readdirSync(beside)).toEqual([]);
    expect(await ran(given, "echo x >b.txt")).toMatchObject({ code: 0 });
  });

  it("every call of the lists is refused as the lists say, namespaces and mounts among them", async () => {
    const machine = process.arch === "x64" ? "x64" : "arm64";
    const numbers = [...Object.values(refused), ...Object.values(unknown)]
      .map((row) => numberOf(row, machine))
      .filter((number) => number !== null);
    const clone = machine === "x64" ? 56 : 220;
    const program = [
      `for my $n (${numbers.join(",")}) { my $r = syscall($n, 0, 0, 0, 0, 0); print "$n $r ", $!+0, "\\n"; }`,
      `my $r = syscall(${clone}, 0x10000011, 0, 0, 0, 0); print "userns $r ", $!+0, "\\n";`,
    ].join(" ");
    const { text } = await ran(await opened(), perl(program));
    for (const row of Object.values(refused).map((one) => numberOf(one, machine))) {
      if (row !== null) expect(text).toMatch(new RegExp(`^${row} -1 1$`, "m"));
    }
    for (const row of Object.values(unknown).map((one) => numberOf(one, machine))) {
      expect(text).toMatch(new RegExp(`^${row} -1 38$`, "m"));
    }
    expect(text).toMatch(/^userns -1 1$/m);
  });

  it("the root is not mounted anew for writing, and no tool makes a namespace", async () => {
    const { text } = await ran(
      await opened(),
      "mount -o remount,rw / 2>/dev/null && echo mounted; unshare -Ur true 2>/dev/null && echo unshared; echo end",
    );
    expect(text).toBe("end\n");
  });

  it("no family of sockets but unix, internet and netlink's routes opens, vsock least of all", async () => {
    const socket = process.arch === "x64" ? 41 : 198;
    const program = `for my $f (0..46) { my $r = syscall(${socket}, $f, 1, 0); print "$f ", ($r < 0 ? $!+0 : "open"), "\\n"; } my $r = syscall(${socket}, 16, 3, 15); print "uevent ", $!+0, "\\n"; $r = syscall(${socket}, 16, 3, 0); print "route $r\\n"`;
    const { text } = await ran(await opened(), perl(program));
    for (const family of [1, 2, 10]) expect(text).toMatch(new RegExp(`^${family} open$`, "m"));
    for (const family of [0, 3, 4, 5, 9, 15, 17, 21, 30, 31, 38, 40, 44]) {
      expect(text).toMatch(new RegExp(`^${family} 97$`, "m"));
    }
    expect(text).toMatch(/^uevent 97$/m);
    expect(text).toMatch(/^route \d+$/m);
  });

  it("no file that lends its owner's rights is left behind", async () => {
    const given = await opened();
    const { text } = await ran(
      given,
      `cp /bin/true lends; chmod 4755 lends && echo lent; chmod g+s lends && echo lent; ${perl('use Fcntl; print "made" if sysopen(F, "made", O_CREAT|O_WRONLY, 04755);')}; ls`,
    );
    expect(text).not.toMatch(/lent|^made/m);
    expect(statSync(join(given.workspace, "lends")).mode & 0o6000).toBe(0);
  });

  it("neither the worker's environment nor bubblewrap's is to be read", async () => {
    process.env.ANTHROPIC_API_KEY = "sk-ant-test-secret";
    onTestFinished(() => void delete process.env.ANTHROPIC_API_KEY);
    const { text } = await ran(await opened(), "env; for e in /proc/*/environ; do tr '\\0' '\\n' <$e; done; echo end");
    expect(text).toContain("HOME=/tmp");
    expect(text).toMatch(/end\n$/);
    expect(text).not.toMatch(/secret|ANTHROPIC|SWARM_/);
  });

  it("only its own processes are to be seen", async () => {
    const { text } = await ran(await opened(), "ls -d /proc/[0-9]* | wc -l");
    expect(Number(text)).toBeGreaterThan(0);
    expect(Number(text)).toBeLessThan(10);
  });

  it("accounts and their secrets, homes and the kernel's settings are out of reach", async () => {
    const { text } = await ran(
      await opened(),
      [
        "cat /etc/shadow 2>/dev/null && echo read",
        "cat /etc/ssh/*_key 2>/dev/null && echo read",
        "ls -A /root /home 2>/dev/null",
        "for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/vm/drop_caches /proc/kcore; do (: >>$f) 2>/dev/null && echo $f; done",
        "head -c 1 /proc/kcore 2>/dev/null && echo read",
        "find /proc/sys -type f -writable 2>/dev/null | while read -r f; do (: >>$f) 2>/dev/null && echo $f; done",
        "echo end",
      ].join("; "),
    );
    // A toolchain that lives in a home may be shown there, and nothing else of it.
    expect(text.replace(/^(\/root:|\/home:|\.cargo|\.rustup|\.pyenv|\.nvm|\.local|)\n/gm, "")).toBe("end\n");
  });

  it("it writes to its workspace and to memory of a limited size, and nowhere else", async () => {
    const given = await opened();
    const { text } = await ran(
      given,
      "cat /proc/self/mountinfo; for d in / /usr /etc /opt /var /dev /sys /proc; do (: >$d/made) 2>/dev/null && echo WROTE $d; done; : >ok && ls",
    );
    expect(text).not.toContain("WROTE");
    expect(existsSync(join(given.workspace, "ok"))).toBe(true);
    const writable = text.split("\n").flatMap((line) => {
      const [, , , , place = "", options = "", ...rest] = line.split(" ");
      const [kind = "", , superOptions = ""] = rest.slice(rest.indexOf("-") + 1);
      return /^rw\b/.test(options) && !/^ro\b/.test(superOptions) ? [{ place, kind, superOptions }] : [];
    });
    expect(writable.some(({ place }) => place === given.workspace)).toBe(true);
    for (const { place, kind, superOptions } of writable) {
      if (place.startsWith(given.workspace) || (/^\/dev\//.test(place) && kind === "devtmpfs")) continue;
      if (["proc", "devpts", "mqueue"].includes(kind)) continue;
      expect(`${place} ${kind} ${superOptions}`).toMatch(/ tmpfs .*size=\d+k/);
    }
  });

  it("what it puts into /tmp is its own, and what others put there is unseen", async () => {
    const given = await opened();
    const outside = mkdtempSync(join("/tmp", "statehive-outside-"));
    onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
    const { text } = await ran(given, `ls ${outside}; echo mine >/tmp/statehive-inside; cat /tmp/statehive-inside`);
    expect(text).toMatch(/No such file[\s\S]*mine\n$/);
    expect(existsSync("/tmp/statehive-inside")).toBe(false);
  });

  it("no network: neither this machine's services nor its interfaces; granted, it is there and said to be", async () => {
    const server = await greeter({ host: "127.0.0.1", port: 0 });
    const { port } = server.address() as { port: number };
    const ask = perl(
      `use IO::Socket::INET; my $s = IO::Socket::INET->new("127.0.0.1:${port}"); print $s ? <$s> : "none\\n"`,
    );
    const closed = await opened();
    expect((await ran(closed, ask)).text).toBe("none\n");
    expect((await ran(closed, "cat /proc/net/route")).text.trim().split("\n")).toHaveLength(1);
    expect((await ran(closed, ask, { network: true })).text).toBe("hello\n");
    const open = await opened({ confined: { network: true } });
    expect(open.sandbox?.level).toBe("partial");
    expect(open.sandbox?.reasons.join()).toContain("network");
    expect(await ran(open, ask)).toMatchObject({ text: "hello\n", sandbox: "partial" });
  });

  it("a socket is out of reach: in the data folder, in the workspace's secluded part, and wherever else it is shown", async () => {
    const places = [
      join("/var/tmp", `sh-${process.pid}`),
      ...(isRoot ? [join("/opt", `sh-test-${process.pid}-${owner ?? 0}`)] : []),
    ];
    const given = await opened();
    const data = join(given.workspace, ".swarm");
    const folders = [data, ...places];
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true });
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      await greeter({ path: join(folder, "s.sock") });
    }
    const again = await openTestJournal({ confined: { secluded: [data] } });
    const journal = { ...again, workspace: given.workspace };
    const ask = (folder: string): string =>
      perl(
        `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => "${folder}/s.sock"); print $s ? <$s> : "none\\n"`,
      );
    for (const folder of folders) expect((await ran(journal, ask(folder))).text).toBe("none\n");
    expect((await ran(journal, "ls -A .swarm; rm -rf .swarm 2>/dev/null; echo end")).text).toBe("end\n");
    expect(existsSync(join(data, "s.sock"))).toBe(true);
  });

  it("gates and outcomes of this host are not to be seen", async () => {
    const given = await opened();
    const { text } = await ran(given, `ls -AR ${given.state.folder} 2>/dev/null; echo end`);
    expect(text.replace(`${given.state.folder}:\n`, "").trim()).toBe("end");
  });

  it("processes are bounded: a bomb stops growing, and the machine is not its", async () => {
    const { text } = await ran(
      await opened(),
      perl(
        '$| = 1; my $n = 0; for (1..3000) { my $p = fork; last unless defined $p; if (!$p) { sleep 60; exit } $n++ } print "$n\\n";',
      ),
      { timeoutMs: 30_000 },
    );
    expect(Number(text)).toBeGreaterThan(50);
    expect(Number(text)).toBeLessThan(600);
  });

  it("a process that takes too much memory is refused more, files are of limited size, and no core is written", async () => {
    const { text } = await ran(await opened(), "ulimit -d; ulimit -f; ulimit -c; ulimit -n");
    const [data, file, core, open] = text.trim().split("\n");
    for (const limit of [data, file, open]) expect(Number(limit)).toBeGreaterThan(0);
    expect(core).toBe("0");
  });

  it("whoever left the group or ignores signals dies with a recorder that is killed", async () => {
    const given = await opened();
    const ticks = join(given.workspace, "ticks");
    const effect = "r_one/a_goal/7.7:0";
    const writer = 'trap "" TERM HUP; while :; do echo x >>ticks; sleep 0.02; done';
    const order = {
      effect,
      inputHash: "h",
      command: `setsid sh -c '${writer}' & sh -c '${writer}' & wait`,
      cwd: given.workspace,
    };
    const waiting = given.journal.run({ ...order, timeoutMs: 60_000 }, never);
    await eventually("it ticks", () => linesIn(ticks).length > 4);
    const seen = await given.journal.look(effect);
    if (seen === null) throw new Error("no gate");
    signalProcess(seen.gate.holder, "SIGKILL");
    expect((await waiting).kind).toBe("lost");
    const after = linesIn(ticks).length;
    let same = 0;
    await eventually("nobody writes", () => {
      if (linesIn(ticks).length !== after) throw new Error("somebody survived");
      same += 1;
      return same > 20;
    });
  });

  it("a daemon ends with its command, before the outcome is told", async () => {
    const given = await opened();
    const ticks = join(given.workspace, "ticks");
    await ran(
      given,
      "setsid sh -c 'while :; do echo x >>ticks; sleep 0.02; done' & until [ -s ticks ]; do sleep 0.01; done",
    );
    const after = linesIn(ticks).length;
    expect(after).toBeGreaterThan(0);
    let same = 0;
    await eventually("nobody writes", () => {
      expect(linesIn(ticks)).toHaveLength(after);
      same += 1;
      return same > 20;
    });
  });

  it("a command that is called off may tidy up first", async () => {
    const given = await opened();
    const effect = "r_one/a_goal/8.8:0";
    const command = "trap 'echo tidied; exit 3' TERM; echo x >begun; while :; do sleep 0.02; done";
    const waiting = given.journal.run(
      { effect, inputHash: "h", command, cwd: given.workspace, timeoutMs: 60_000 },
      never,
    );
    await eventually("it began", () => linesIn(join(given.workspace, "begun")).length > 0);
    await given.journal.callOff(effect, "h");
    const end = await waiting;
    expect(end.kind === "ended" && end.outcome).toMatchObject({ stopped: "called_off", code: 3 });
    expect(end.kind === "ended" && end.output.toString()).toContain("tidied");
  });

  it("what it makes belongs to whoever the workspace belongs to", async () => {
    const given = await opened();
    await ran(given, "mkdir sub; echo x >sub/made");
    const made = statSync(join(given.workspace, "sub/made"));
    expect([made.uid, made.gid]).toEqual([statSync(given.workspace).uid, statSync(given.workspace).gid]);
  });

  it("other folders are writable where they were given, and only then", async () => {
    const given = await opened();
    const other = mkdtempSync(join(tmpdir(), "statehive-other-"));
    onTestFinished(() => rmSync(other, { recursive: true, force: true }));
    effects += 1;
    const order = { effect: `r_one/a_goal/0.${effects}:0`, inputHash: "h", cwd: given.workspace, timeoutMs: 30_000 };
    if (owner === undefined) {
      await given.journal.run({ ...order, command: `echo x >${other}/made`, writable: [other] }, never);
      expect(readFileSync(join(other, "made"), "utf8")).toBe("x\n");
    }
    await ran(given, `echo x >${other}/more`);
    expect(existsSync(join(other, "more"))).toBe(false);
  });

  it("what runs may be another text than the command, which alone the journal names", async () => {
    const given = await opened();
    effects += 1;
    const effect = `r_one/a_goal/0.${effects}:0`;
    const order = { effect, inputHash: "h", cwd: given.workspace, timeoutMs: 30_000 };
    const end = await given.journal.run({ ...order, command: "echo  one", runs: "echo two" }, never);
    expect(end.kind === "ended" && end.output.toString()).toBe("two\n");
    expect((await given.journal.look(effect))?.gate.facts).toMatchObject({ command: "echo  one" });
  });
});

it.skipIf(!has || !isRoot)("a worker without any rights finds the same level", async () => {
  const home = mkdtempSync(join("/tmp", "statehive-nobody-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  cpSync(dirname(dirname(builtModule("infra/bwrap/sandbox.js"))), join(home, "infra"), { recursive: true });
  cpSync(builtModule("machines/fnv1a.js"), join(home, "machines/fnv1a.js"));
  writeFileSync(join(home, "package.json"), '{"type":"module"}');
  const copy = dirname((await bubblewrap())?.path ?? "");
  cpSync(copy, join(home, "copy"), { recursive: true });
  const code = `
    import { openSandbox } from ${JSON.stringify(join(home, "infra/bwrap/sandbox.js"))};
    const found = await openSandbox({ bin: ${JSON.stringify(join(home, "copy/bwrap"))}, install: "never", searchPath: "/usr/bin:/bin",
      state: ${JSON.stringify(home)}, say() {}, off: false, network: false, secluded: [], env: { PATH: "/usr/bin:/bin" } });
    console.log(process.getuid(), found.level, ...found.reasons);`;
  execFileSync("chown", ["-R", `${STRANGER}:${STRANGER}`, home]);
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
    uid: STRANGER,
    gid: STRANGER,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    encoding: "utf8",
  });
  expect(said).toBe(`${STRANGER} full\n`);
});

it("where nothing confines commands, none is run, and there is no gate", async () => {
  const given = await openTestJournal();
  const { openJournal } = await import("../../infra/journal/journal.ts");
  const journal = openJournal({
    state: given.state,
    env: { PATH: process.env.PATH ?? "" },
    confinement: null,
    reasons: ["there is no bwrap", "no luck"],
  });
  const order = { effect: "r_one/a_goal/0.1:0", inputHash: "h", command: "echo x >made", cwd: given.workspace };
  await expect(journal.run({ ...order, timeoutMs: 1_000 }, never)).rejects.toMatchObject({
    code: "sandbox.none",
    message: expect.stringMatching(/there is no bwrap; no luck$/),
  });
  expect(existsSync(join(given.workspace, "made"))).toBe(false);
  expect(await journal.look(order.effect)).toBeNull();
});
