/**
 * Options that git's history and comparison commands share, checked one by one against git 2.39 for whether they take the
 * next word. Left out on purpose: `--output` and `-O` (files), `--ext-diff` and `--textconv` (start what a configuration
 * names), `--show-signature` and `%G…` (start gpg), `--stdin` (options from outside), `--alternate-refs` (starts a command), `--remerge-diff` (starts the merge drivers that a
 * configuration names).
 */
import { type GivenCall, type Operands, type Row, type Slot, unknown } from "../../program.ts";
import type { ShellPath } from "../../verdict.ts";
import { both, type Inspect } from "../findings.ts";

type Takes = Readonly<Record<string, Slot>>;

const diffFlags =
  "-p -u --patch -s --no-patch --raw --patch-with-raw --patch-with-stat --numstat --shortstat --cumulative --check --summary " +
  "--name-only --name-status --compact-summary --no-compact-summary --binary --full-index --no-full-index --no-color --no-abbrev " +
  "--no-prefix --default-prefix -D --irreversible-delete --find-copies-harder --no-find-copies-harder --no-renames --rename-empty --no-rename-empty " +
  "--follow --no-follow --minimal --no-minimal -w --ignore-all-space -b --ignore-space-change --ignore-space-at-eol --ignore-cr-at-eol " +
  "--ignore-blank-lines --indent-heuristic --no-indent-heuristic --patience --histogram -a --text --exit-code --no-exit-code " +
  "-q --quiet -W --function-context --no-function-context --no-ext-diff --no-textconv --no-color-moved --no-color-moved-ws --no-relative " +
  "--ita-invisible-in-index --ita-visible-in-index --pickaxe-all --pickaxe-regex -R -z -r -t -c -m --cc --combined-all-paths";

const diffTakes: Takes = {
  "--stat-width": "text",
  "--stat-count": "text",
  "--stat-name-width": "text",
  "--stat-graph-width": "text",
  "--ws-error-highlight": "text",
  "--src-prefix": "text",
  "--dst-prefix": "text",
  "--line-prefix": "text",
  "--inter-hunk-context": "text",
  "--output-indicator-new": "text",
  "--output-indicator-old": "text",
  "--output-indicator-context": "text",
  "-I --ignore-matching-lines": "text",
  "--diff-algorithm": "text",
  "--anchored": "text",
  "--word-diff-regex": "text",
  "--color-moved-ws": "text",
  "--rotate-to": "text",
  "--skip-to": "text",
  "--find-object": "text",
  "--diff-filter": "text",
  "-S": "text",
  "-G": "text",
  "-l": "text",
};

const diffMayTake: Takes = {
  "-U --unified": "text",
  "--stat": "text",
  "-X --dirstat": "text",
  "--dirstat-by-file": "text",
  "--color": "text",
  "--color-moved": "text",
  "--color-words": "text",
  "--word-diff": "text",
  "--submodule": "text",
  "--ignore-submodules": "text",
  "--relative": "text",
  "--abbrev": "text",
  "-M --find-renames": "text",
  "-C --find-copies": "text",
  "-B --break-rewrites": "text",
};

const walkFlags =
  "--all --not --first-parent --exclude-first-parent-only --merges --no-merges --no-min-parents --no-max-parents --reverse --topo-order --date-order " +
  "--author-date-order --boundary --left-right --left-only --right-only --cherry --cherry-pick --cherry-mark --merge --full-history --dense --sparse " +
  "--simplify-merges --simplify-by-decoration --show-pulls --remove-empty --ignore-missing --reflog -g --walk-reflogs --single-worktree --do-walk --bisect " +
  "-i --regexp-ignore-case -E --extended-regexp -F --fixed-strings -P --perl-regexp --basic-regexp --all-match --invert-grep " +
  "--parents --children --graph --no-graph --oneline --abbrev-commit --no-abbrev-commit --relative-date --no-notes --standard-notes --no-standard-notes " +
  "--no-expand-tabs --no-decorate --clear-decorations --source --mailmap --no-mailmap --use-mailmap --no-use-mailmap --full-diff --log-size --no-diff-merges " +
  "--root --no-commit-id --no-show-signature";

const walkTakes: Takes = {
  "-n --max-count": "text",
  "--skip": "text",
  "--since --after": "text",
  "--since-as-filter": "text",
  "--until --before": "text",
  "--max-age": "text",
  "--min-age": "text",
  "--author": "text",
  "--committer": "text",
  "--grep": "text",
  "--grep-reflog": "text",
  "--glob": "text",
  "--exclude": "text",
  "--exclude-hidden": "text",
  "--encoding": "text",
  "--date": "text",
  "--diff-merges": ["off", "none", "first-parent", "1", "separate", "m", "combined", "c", "dense-combined", "cc"],
};

/** Options that `log` and its nearest kin alone know. To the others the next word would be an option of its own. */
const logTakes: Takes = { "--decorate-refs": "text", "--decorate-refs-exclude": "text", "-L": "literal" };

const walkMayTake: Takes = {
  "--format": "literal",
  "--pretty": "literal",
  "--decorate": "text",
  "--notes": "text",
  "--show-notes": "text",
  "--min-parents": "text",
  "--max-parents": "text",
  "--branches": "text",
  "--tags": "text",
  "--remotes": "text",
  "--no-walk": "text",
  "--expand-tabs": "text",
  "--ancestry-path": "text",
  "--show-linear-break": "text",
};

/** Revisions and paths stand in one row, and only git can tell them apart: each word counts as a path. */
export const revisionsAndPaths: Operands = { rest: "read" };

/** `HEAD:.env` shows that file; `:0:x` and `:./x` do too. */
export const namesContent: Inspect = ({ operands }) => {
  const paths: ShellPath[] = [];
  for (const { shown } of operands) {
    const colon = shown.indexOf(":");
    if (colon < 0) continue;
    const path = shown.slice(colon + 1).replace(/^[0-3]:/, "");
    if (path !== "") paths.push({ path, access: "read" });
  }
  return paths.length === 0 ? undefined : { paths };
};

/** `%G?` in a format checks signatures with the program that `gpg.program` names; so does `%(signature)` of references. */
export const formatsPlainly: Inspect = (call) => {
  const formats = [...call.values("--format"), ...call.values("--pretty")];
  return formats.some(({ shown }) => /%[-+ ]?G|signature/.test(shown))
    ? unknown("the format starts the program that checks signatures", "format")
    : undefined;
};

/** `-L 1,5:file`, `-L :function:file`. */
const linesOfFile: Inspect = (call: GivenCall) => {
  const paths = call
    .values("-L")
    .map(({ shown }): ShellPath => ({ path: shown.slice(shown.lastIndexOf(":") + 1), access: "read" }));
  return paths.length === 0 ? undefined : { paths };
};

const readsHistory = both(namesContent, formatsPlainly, linesOfFile);

/** A row like `git log`. */
export function historyRow(reason: string, more: Partial<Row> = {}): Row {
  return walkRow(reason, { ...more, takes: { ...logTakes, ...more.takes } });
}

/** A row like `git rev-list`: walks history, and may compare. */
export function walkRow(reason: string, more: Partial<Row> = {}): Row {
  return {
    risk: "read-only",
    reason,
    digits: true,
    readsFolder: true,
    operands: revisionsAndPaths,
    ...more,
    flags: `${diffFlags} ${walkFlags} ${more.flags ?? ""}`.trim(),
    takes: { ...diffTakes, ...walkTakes, ...more.takes },
    mayTake: { ...diffMayTake, ...walkMayTake, ...more.mayTake },
    inspect: more.inspect === undefined ? readsHistory : both(readsHistory, more.inspect),
  };
}

/** Names of files, one a line, where nothing else is put into the lines. */
export const listsNames: Inspect = (call) =>
  call.given("--name-only") && !call.given("--line-prefix --format") ? { roots: ["."] } : undefined;

/** A row like `git diff`: compares, and walks nothing. */
export function compareRow(reason: string, more: Partial<Row> = {}): Row {
  return {
    risk: "read-only",
    reason,
    digits: true,
    readsFolder: true,
    operands: revisionsAndPaths,
    ...more,
    flags: `${diffFlags} ${more.flags ?? ""}`.trim(),
    takes: { ...diffTakes, ...more.takes },
    mayTake: { ...diffMayTake, ...more.mayTake },
    inspect: more.inspect === undefined ? both(namesContent, listsNames) : both(namesContent, listsNames, more.inspect),
  };
}
