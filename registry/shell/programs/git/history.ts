/** Rows of git that show commits, differences and content. They write nothing and reach nothing. */
import { type Finding, type Row, unknown } from "../../program.ts";
import { attached, both, type Inspect, where } from "../findings.ts";
import { compareRow, historyRow, listsNames, namesContent, revisionsAndPaths, walkRow } from "./revision.ts";

/** `git diff --no-index` and `git grep --no-index` leave the repository: what they read is then all there is below. */
const readsBelow: Inspect = (call) =>
  call.given("--no-index --untracked") && call.operands.length < 2
    ? { paths: [{ path: ".", access: "read" }] }
    : undefined;

const blame: Row = {
  risk: "read-only",
  reason: "shows who wrote the lines of a file",
  flags:
    "--incremental -b --root --show-stats --progress --no-progress --score-debug -f --show-name -n --show-number -p --porcelain --line-porcelain " +
    "-c -t -l -s -e --show-email -w --color-lines --color-by-age --minimal --first-parent --reverse --no-abbrev",
  takes: {
    "--ignore-rev": "text",
    "--ignore-revs-file": "read",
    "-S": "read",
    "--contents": "read",
    "-L": "text",
    "--since": "text",
    "--date": "text",
    "--encoding": "text",
  },
  mayTake: { "-C": "text", "-M": "text", "--abbrev": "text" },
  operands: revisionsAndPaths,
  inspect: both(namesContent, attached("--since")),
};

const reflogShow = historyRow("shows where references pointed before");

const reflog: Row = {
  ...reflogShow,
  subcommands: {
    show: reflogShow,
    list: { risk: "read-only", reason: "lists the references that have a log" },
    exists: { risk: "read-only", reason: "tells whether a reference has a log", operands: { rest: "text" } },
    expire: {
      risk: "destructive",
      reason: "forgets where references pointed before",
      flags: "--all -n --dry-run --verbose --updateref --rewrite --stale-fix --single-worktree",
      mayTake: { "--expire": "text", "--expire-unreachable": "text" },
      operands: { rest: "text" },
      loses: "the way back to commits that no branch holds any more",
    },
    delete: {
      risk: "destructive",
      reason: "deletes entries of a reference's log",
      flags: "-n --dry-run --verbose --updateref --rewrite",
      operands: { rest: "text" },
      loses: "the log entries {operands}",
    },
  },
};

const grep: Row = {
  risk: "read-only",
  reason: "searches tracked files",
  digits: true,
  flags:
    "--cached --no-index --untracked --exclude-standard --no-exclude-standard -v --invert-match -i --ignore-case -w --word-regexp -a --text -I -r --recursive --no-recursive " +
    "-E --extended-regexp -G --basic-regexp -F --fixed-strings -P --perl-regexp -n --line-number --no-line-number --column -h -H --full-name -l --files-with-matches " +
    "--name-only -L --files-without-match -z --null -o --only-matching -c --count --no-color --break --heading -p --show-function -W --function-context " +
    "--and --or --not -q --quiet --all-match --no-textconv",
  takes: {
    "-e": "text",
    "-f": "read",
    "--max-depth": "text",
    "-C --context": "text",
    "-A --after-context": "text",
    "-B --before-context": "text",
    "-m --max-count": "text",
    "--threads": "text",
  },
  mayTake: { "--color": "text" },
  operands: { first: ["text"], firstUnless: "-e -f", rest: "read" },
  lists: "-l --files-with-matches --name-only -L --files-without-match",
  inspect: both(namesContent, readsBelow),
};

const prints: Finding = unknown("it shows content whose names come from its input", "input");

const catFile: Row = {
  risk: "read-only",
  reason: "shows an object",
  flags:
    "-e -p -t -s -z --allow-unknown-type --use-mailmap --mailmap --batch-all-objects --buffer --follow-symlinks --unordered",
  mayTake: { "--batch-check": "text", "--batch": "text" },
  operands: { rest: "read" },
  inspect: both(namesContent, where("--batch", prints)),
};

const lsFiles: Row = {
  risk: "read-only",
  reason: "lists tracked files",
  flags:
    "-z -t -v -f -c --cached -d --deleted -m --modified -o --others -i --ignored -s --stage -k --killed --directory --no-directory --eol --no-empty-directory --empty-directory " +
    "-u --unmerged --resolve-undo --exclude-standard --full-name --error-unmatch --debug --deduplicate --sparse --no-abbrev",
  takes: {
    "-x --exclude": "text",
    "-X --exclude-from": "read",
    "--exclude-per-directory": "text",
    "--with-tree": "text",
    "--format": "text",
  },
  mayTake: { "--abbrev": "text" },
  operands: { rest: "read" },
  dashes: true,
  inspect: (call) =>
    call.given("--format -s --stage -t -v -f --eol --debug -u --unmerged") ? undefined : { roots: ["."] },
};

const lsTree: Row = {
  risk: "read-only",
  reason: "lists the files of a tree",
  flags: "-d -r -t -z -l --long --name-only --name-status --object-only --full-name --full-tree --no-abbrev",
  takes: { "--format": "text" },
  mayTake: { "--abbrev": "text" },
  operands: { first: ["text"], rest: "read" },
  inspect: listsNames,
};

/** `-n`, `-s`, `-e`, `-c` and `--committer` are plain options here, and `-w` may have a value. */
function shortlogRow(): Row {
  const row = walkRow("counts commits by author", {
    flags: "-n --summary --numbered -e --email --committer",
    takes: { "--group": "text" },
    mayTake: { "-w": "text" },
  });
  const takes = Object.entries(row.takes ?? {}).map(([names, slot]) => [names.replace(/^-n /, ""), slot] as const);
  const flags = (row.flags ?? "").split(" ").filter((name) => name !== "-w");
  return {
    ...row,
    flags: flags.join(" "),
    takes: Object.fromEntries(takes.filter(([names]) => names !== "--committer")),
  };
}

/** `git status` refreshes the index where it may; that loses nothing and is left uncounted. */
const status: Row = {
  risk: "read-only",
  reason: "shows what changed in the working tree",
  flags:
    "-v --verbose -s --short -b --branch --show-stash --ahead-behind --no-ahead-behind --long -z --null --no-renames --renames --no-column",
  mayTake: {
    "--porcelain": "text",
    "-u --untracked-files": "text",
    "--ignored": "text",
    "--ignore-submodules": "text",
    "--column": "text",
    "-M --find-renames": "text",
  },
  operands: { rest: "read" },
  dashes: true,
};

const archive: Row = {
  risk: "read-only",
  reason: "packs a tree to its output",
  digits: true,
  flags: "-l --list -v --verbose --worktree-attributes",
  takes: { "-o --output": "write" },
  // Two readers in turn: what is a value to one is an option to the other, unless it is attached.
  mayTake: { "--format": ["tar", "zip", "tgz", "tar.gz"], "--prefix": "text", "--add-file": "read", "--mtime": "text" },
  raises: { "-o": { risk: "mutating", reason: "writes a file" } },
  operands: revisionsAndPaths,
  inspect: both(namesContent, attached("--format --prefix --add-file --mtime")),
};

export const historyRows: Readonly<Record<string, Row>> = {
  status,
  log: historyRow("shows history"),
  whatchanged: historyRow("shows history with its changes"),
  show: historyRow("shows commits and objects"),
  "rev-list": walkRow("lists commits", {
    flags:
      "--count --objects --objects-edge --objects-edge-aggressive --header --timestamp --no-object-names --object-names --unpacked --bisect-vars --bisect-all --use-bitmap-index " +
      "--no-commit-header --commit-header",
    mayTake: { "--disk-usage": "text", "--missing": ["error", "allow-any", "print"], "--filter": "text" },
  }),
  shortlog: shortlogRow(),
  reflog,
  blame,
  annotate: blame,
  diff: compareRow("shows differences", {
    flags: "--cached --staged --merge-base --no-index --base --ours --theirs",
    inspect: readsBelow,
  }),
  "diff-tree": walkRow("compares trees", { flags: "--no-commit-id --merge-base" }),
  "diff-index": compareRow("compares a tree with the index", { flags: "--cached --merge-base" }),
  "diff-files": compareRow("compares the index with the working tree", { flags: "--base --ours --theirs" }),
  "range-diff": compareRow("compares two series of commits", {
    flags: "--no-dual-color --dual-color --left-only --right-only --no-notes",
    takes: { "--creation-factor": "text" },
    mayTake: { "--notes": "text" },
  }),
  cherry: {
    risk: "read-only",
    reason: "tells which commits are upstream already",
    flags: "-v --verbose",
    mayTake: { "--abbrev": "text" },
    operands: { rest: "text" },
  },
  grep,
  "ls-files": lsFiles,
  "ls-tree": lsTree,
  "cat-file": catFile,
  archive,
};
