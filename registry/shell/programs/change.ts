/** Programs that change files. What would be gone is named; what lies outside of the task is `destructive`. */
import { isWhole } from "../critical.ts";
import type { Finding, GivenCall, Program } from "../program.ts";
import { unknown } from "../program.ts";

const loudly = "-v --verbose --help --version";

/** What is moved or copied is read, wherever it ends up. */
function readsSources({ operands }: GivenCall): Finding {
  return { paths: operands.slice(0, -1).map(({ shown }) => ({ path: shown, access: "read" })) };
}

function breaksWhole({ operands }: GivenCall): Finding | undefined {
  const whole = operands.find(({ shown }) => isWhole(shown));
  if (whole === undefined) return undefined;
  return {
    risk: "destructive",
    rule: "whole",
    reason: `it takes ${whole.shown} as a whole`,
    loses: [`everything in ${whole.shown}`],
  };
}

function ofMode(call: GivenCall): Finding | undefined {
  const mode = call.operands[0]?.shown ?? "";
  if (call.given("-R --recursive")) return breaksWhole(call);
  if (/s|^[0-7]?[2-7][0-7]{3}$/.test(mode)) {
    return { risk: "destructive", rule: "setuid", reason: "it lets others act with the owner's rights" };
  }
  return undefined;
}

function ofDd({ operands }: GivenCall): Finding {
  const paths: { path: string; access: "read" | "write" }[] = [];
  for (const { literal } of operands) {
    const [, name, value = ""] =
      /^(if|of|bs|ibs|obs|count|skip|seek|status|conv|iflag|oflag|cbs)=(.*)$/.exec(literal ?? "") ?? [];
    if (name === undefined) return unknown(`${literal ?? "a word"} is not known here`);
    if (name === "if") paths.push({ path: value, access: "read" });
    if (name === "of") paths.push({ path: value, access: "write" });
  }
  const written = paths.filter(({ access }) => access === "write").map(({ path }) => path);
  return {
    risk: "destructive",
    reason: written.length > 0 ? `it overwrites ${written.join(", ")}` : "it copies bytes as they are",
    paths,
    loses: written.map((path) => `what ${path} holds now`),
  };
}

export const change: readonly Program[] = [
  {
    names: "cp",
    risk: "mutating",
    reason: "copies files",
    flags: `-a --archive -d -f --force -i --interactive -l --link -L --dereference -n --no-clobber -p -P --no-dereference -R -r --recursive --remove-destination -s --symbolic-link -T --no-target-directory -u --update -x --one-file-system -H --parents --strip-trailing-slashes ${loudly}`,
    takes: { "-S --suffix": "text" },
    mayTake: {
      "--preserve": "text",
      "--no-preserve": "text",
      "--reflink": "text",
      "--sparse": "text",
      "-b --backup": "text",
    },
    operands: { min: 2, rest: "read", last: "write" },
    loses: "the file that {last} is now, if it is one",
  },
  {
    names: "mv",
    risk: "mutating",
    reason: "moves files",
    flags: `-f --force -i --interactive -n --no-clobber -T --no-target-directory -u --update --strip-trailing-slashes ${loudly}`,
    takes: { "-S --suffix": "text" },
    mayTake: { "-b --backup": "text" },
    operands: { min: 2, rest: "write", last: "write" },
    loses: "the file that {last} is now, if it is one",
    inspect: (call) => ({ ...breaksWhole({ ...call, operands: call.operands.slice(0, -1) }), ...readsSources(call) }),
  },
  {
    names: "rm unlink",
    risk: "destructive",
    reason: "deletes files",
    flags: `-f --force -i -I -r -R --recursive -d --dir --one-file-system --preserve-root --no-preserve-root ${loudly}`,
    mayTake: { "--interactive": "text" },
    operands: { rest: "write" },
    loses: "{operands}",
    inspect: breaksWhole,
  },
  {
    names: "shred",
    risk: "destructive",
    reason: "overwrites files",
    flags: `-f --force -u --remove -x --exact -z --zero ${loudly}`,
    takes: { "-n --iterations": "text", "-s --size": "text" },
    operands: { rest: "write" },
    loses: "{operands}",
  },
  {
    names: "rmdir",
    risk: "mutating",
    reason: "removes empty folders",
    flags: `-p --parents --ignore-fail-on-non-empty ${loudly}`,
    operands: { rest: "write" },
  },
  {
    names: "mkdir",
    risk: "mutating",
    reason: "makes folders",
    flags: `-p --parents ${loudly}`,
    takes: { "-m --mode": "text" },
    operands: { rest: "write" },
  },
  {
    names: "touch",
    risk: "mutating",
    reason: "makes files or sets their times",
    flags: "-a -c --no-create -h --no-dereference -m --help --version",
    takes: { "-d --date": "text", "-t": "text", "-r --reference": "read", "--time": "text" },
    operands: { rest: "write" },
  },
  {
    names: "mktemp",
    risk: "mutating",
    reason: "makes a temporary file",
    flags: "-d --directory -q --quiet -u --dry-run -t",
    takes: { "-p": "write", "--suffix": "text" },
    operands: { first: ["write"] },
  },
  {
    names: "ln",
    risk: "mutating",
    reason: "makes links",
    flags: `-s --symbolic -f --force -i --interactive -n --no-dereference -r --relative -T --no-target-directory -L -P ${loudly}`,
    operands: { rest: "read", last: "write" },
    raises: {
      "-f": { risk: "mutating", reason: "replaces what is there", loses: "the file that {last} is now, if it is one" },
    },
  },
  {
    names: "chmod",
    risk: "mutating",
    reason: "changes rights",
    flags: `-R --recursive -c --changes -f --silent --quiet -w -x -r --preserve-root ${loudly}`,
    takes: { "--reference": "read" },
    operands: { first: ["text"], firstUnless: "--reference -w -x -r", rest: "write" },
    inspect: ofMode,
  },
  {
    names: "chown chgrp",
    risk: "destructive",
    reason: "changes owners",
    flags: `-R --recursive -c --changes -f --silent --quiet -h --no-dereference -H -L -P ${loudly}`,
    operands: { first: ["text"], rest: "write" },
    loses: "who owns {operands}",
    inspect: breaksWhole,
  },
  {
    names: "truncate",
    risk: "mutating",
    reason: "cuts files off",
    flags: "-c --no-create -o --io-blocks --help --version",
    takes: { "-s --size": "text", "-r --reference": "read" },
    operands: { rest: "write" },
    loses: "what {operands} holds now",
  },
  {
    names: "dd",
    risk: "destructive",
    reason: "copies bytes",
    style: "words",
    operands: { rest: "literal" },
    inspect: ofDd,
  },
  {
    names: "install",
    risk: "mutating",
    reason: "copies files and sets their rights",
    flags: `-c -C --compare -D -d --directory -p --preserve-timestamps -T ${loudly}`,
    takes: { "-m --mode": "text", "-o --owner": "text", "-g --group": "text" },
    operands: { rest: "write", last: "write" },
    loses: "the file that {last} is now, if it is one",
    inspect: readsSources,
  },
];
