/** Programs that tell about files and folders without opening them, or look for what stands in them. */
import { type Finding, type GivenCall, type Program, unknown } from "../program.ts";

const color = ["always", "never", "auto"];

const grep: Program = {
  names: "grep egrep fgrep",
  risk: "read-only",
  reason: "searches files",
  digits: true,
  flags:
    "-E --extended-regexp -F --fixed-strings -G --basic-regexp -P --perl-regexp -i --ignore-case --no-ignore-case -y -v --invert-match -w --word-regexp -x --line-regexp -c --count -L --files-without-match -l --files-with-matches -o --only-matching -q --quiet --silent -s --no-messages -b --byte-offset -H --with-filename -h --no-filename -n --line-number -T --initial-tab -Z --null -a --text -I -r --recursive -R --dereference-recursive --line-buffered -U --binary -z --null-data -V --version --help --no-group-separator",
  takes: {
    "-e --regexp": "text",
    "-f --file": "read",
    "-m --max-count": "text",
    "-A --after-context": "text",
    "-B --before-context": "text",
    "-C --context": "text",
    "--include": "within",
    "--exclude": "text",
    "--exclude-dir": "text",
    "--exclude-from": "read",
    "--label": "text",
    "--binary-files": ["binary", "text", "without-match"],
    "-d --directories": ["read", "skip", "recurse"],
    "-D --devices": ["read", "skip"],
    "--group-separator": "text",
  },
  mayTake: { "--color --colour": color },
  operands: { first: ["text"], firstUnless: "-e -f", rest: "read" },
  lists: "-l -L --files-with-matches --files-without-match",
  passes: true,
  inspect: searchesHere,
};

/** Without a file to search, a recursive search is one of the folder. */
function searchesHere({ given, operands }: GivenCall): Finding | undefined {
  const recurses = given("-r --recursive -R --dereference-recursive -d --directories");
  const files = operands.length - (given("-e -f --regexp --file") ? 0 : 1);
  return recurses && files <= 0 ? { paths: [{ path: ".", access: "read" }] } : undefined;
}

const rg: Program = {
  names: "rg",
  risk: "read-only",
  reason: "searches files",
  flags:
    "-. -0 --null -a --text -b --byte-offset -c --count --count-matches --column --no-column --crlf --debug --trace --files -l --files-with-matches --files-without-match -F --fixed-strings -L --follow -H --with-filename -I --no-filename --heading --no-heading -h --help --hidden --no-hidden -i --ignore-case --ignore-file-case-insensitive --include-zero -v --invert-match --json -n --line-number -N --no-line-number -x --line-regexp --line-buffered --block-buffered --max-columns-preview --mmap --no-mmap -U --multiline --multiline-dotall --no-config --no-ignore --no-ignore-dot --no-ignore-exclude --no-ignore-files --no-ignore-global --no-ignore-messages --no-ignore-parent --no-ignore-vcs --no-messages --no-require-git --no-unicode --null-data --one-file-system -o --only-matching --passthru -P --pcre2 --pcre2-version -p --pretty -q --quiet --stats -s --case-sensitive -S --smart-case --trim --type-list -u --unrestricted --vimgrep -V --version -w --word-regexp --glob-case-insensitive --auto-hybrid-regex --no-pcre2-unicode --no-context-separator --ignore --ignore-vcs",
  takes: {
    "-e --regexp": "text",
    "-f --file": "read",
    "-g --glob": "within",
    "--iglob": "within",
    "--ignore-file": "read",
    "-A --after-context": "text",
    "-B --before-context": "text",
    "-C --context": "text",
    "-m --max-count": "text",
    "-M --max-columns": "text",
    "-d --max-depth --maxdepth": "text",
    "--max-filesize": "text",
    "-E --encoding": "text",
    "-j --threads": "text",
    "-r --replace": "text",
    "-t --type": "text",
    "-T --type-not": "text",
    "--type-add": "text",
    "--type-clear": "text",
    "--sort": "text",
    "--sortr": "text",
    "--color": color.concat("ansi"),
    "--colors": "text",
    "--context-separator": "text",
    "--field-context-separator": "text",
    "--field-match-separator": "text",
    "--path-separator": "text",
    "--engine": "text",
    "--regex-size-limit": "text",
    "--dfa-size-limit": "text",
  },
  operands: { first: ["text"], firstUnless: "-e -f --files --type-list", rest: "read", absent: "." },
  lists: "--files -l --files-with-matches --files-without-match",
  passes: true,
};

const fd: Program = {
  names: "fd fdfind",
  risk: "read-only",
  reason: "lists files",
  flags:
    "-H --hidden -I --no-ignore --no-ignore-vcs --no-ignore-parent --no-global-ignore-file -u --unrestricted -s --case-sensitive -i --ignore-case -g --glob --regex -F --fixed-strings --literal -a --absolute-path --relative-path -L --follow -p --full-path -0 --print0 -q --quiet -1 --prune --show-errors --one-file-system --strip-cwd-prefix -h --help -V --version",
  takes: {
    "-t --type": "text",
    "-e --extension": "text",
    "-E --exclude": "text",
    "-d --max-depth": "text",
    "--min-depth": "text",
    "--exact-depth": "text",
    "-S --size": "text",
    "--changed-within --newer --changed-after": "text",
    "--changed-before --older": "text",
    "-o --owner": "text",
    "-c --color": color,
    "-j --threads": "text",
    "--max-results": "text",
    "--base-directory -C": "read",
    "--search-path": "read",
    "--ignore-file": "read",
    "--path-separator": "text",
    "--and": "text",
  },
  operands: { first: ["text"], rest: "read", absent: "." },
  lists: true,
  inspect: namesLike,
};

/** A pattern that is little more than a name picks the files that hold it. */
function namesLike({ operands }: GivenCall): Finding | undefined {
  const name = operands[0]?.literal?.replace(/[\^$\\]/g, "") ?? "";
  const folder = operands.length > 1 ? [] : [{ path: ".", access: "read" } as const];
  return {
    paths: [...folder, ...(/^[\w.*-]+$/.test(name) ? [{ path: `**/*${name}*`, access: "read" } as const] : [])],
  };
}

const ag: Program = {
  names: "ag",
  risk: "read-only",
  reason: "searches files",
  flags:
    "-a --all-types -c --count -f --follow -F --fixed-strings -g -H --heading --noheading --hidden -i --ignore-case -l --files-with-matches -L --files-without-matches -Q --literal -s --case-sensitive -S --smart-case -t --all-text -u --unrestricted -U --skip-vcs-ignores -v --invert-match -w --word-regexp -o --only-matching -0 --null --nocolor --color --nogroup --group --nobreak --break --nofilename --filename --numbers --nonumbers --column --vimgrep --stats --silent --js --ts --py --python --go --rust --java --ruby --cc --cpp --html --css --json --md --markdown --shell --yaml",
  takes: {
    "-A --after": "text",
    "-B --before": "text",
    "-C --context": "text",
    "-G --file-search-regex": "text",
    "--ignore": "text",
    "--ignore-dir": "text",
    "-m --max-count": "text",
    "--depth": "text",
    "-p --path-to-ignore": "read",
    "-W --width": "text",
  },
  operands: { first: ["text"], rest: "read", absent: "." },
  lists: "-l --files-with-matches -L --files-without-matches",
  passes: true,
};

/** cloc unpacks archives through a shell that their names reach. */
function countsPlainly({ program, operands }: GivenCall): Finding | undefined {
  const isPlain = operands.every(
    ({ literal }) =>
      literal !== null && !/\.(?:tar|t?[gx]z|t?bz2?|zip|whl|deb|rpm|gem|ear|war|jar|Z|7z)(?:$|\.)/i.test(literal),
  );
  return program !== "cloc" || isPlain ? undefined : unknown("it unpacks archives by a program");
}

const ls: Program = {
  names: "ls dir vdir",
  risk: "read-only",
  reason: "lists files",
  flags:
    "-a --all -A --almost-all --author -b --escape -B --ignore-backups -c -C -d --directory -D --dired -f -F -g -G --no-group --group-directories-first -h --human-readable --si -H --dereference-command-line --dereference-command-line-symlink-to-dir -i --inode -k --kibibytes -l -L --dereference -m -n --numeric-uid-gid -N --literal -o -p -q --hide-control-chars --show-control-chars -Q --quote-name -r --reverse -R --recursive -s --size -S -t -u -U -v -x -X -Z --context -1 --zero --full-time --file-type --help --version -O -e -@",
  takes: {
    "-I --ignore": "text",
    "--hide": "text",
    "-T --tabsize": "text",
    "-w --width": "text",
    "--block-size": "text",
    "--format": "text",
    "--indicator-style": "text",
    "--quoting-style": "text",
    "--sort": "text",
    "--time": "text",
    "--time-style": "text",
  },
  mayTake: { "--color": color, "--hyperlink": color, "--classify": color },
  operands: { rest: "read", absent: "." },
  lists: true,
};

export const files: readonly Program[] = [
  grep,
  rg,
  fd,
  ag,
  ls,
  {
    names: "stat",
    risk: "read-only",
    reason: "tells about files",
    flags: "-L --dereference -f --file-system -t --terse -x -s --help --version",
    takes: { "-c --format": "text", "--printf": "text", "--cached": "text" },
    operands: { rest: "read" },
  },
  {
    names: "du",
    risk: "read-only",
    reason: "adds up sizes",
    flags:
      "-0 --null -a --all --apparent-size -b --bytes -c --total -D --dereference-args -H -h --human-readable --inodes -k -l --count-links -L --dereference -m -P --no-dereference -S --separate-dirs --si -s --summarize -x --one-file-system --help --version",
    takes: {
      "-B --block-size": "text",
      "-d --max-depth": "text",
      "-t --threshold": "text",
      "-X --exclude-from": "read",
      "--exclude": "text",
      "--time-style": "text",
    },
    mayTake: { "--time": "text" },
    operands: { rest: "read", absent: "." },
  },
  {
    names: "df",
    risk: "read-only",
    reason: "tells how full disks are",
    flags:
      "-a --all -h --human-readable -H --si -i --inodes -k -l --local -m -P --portability -T --print-type --total --help --version",
    takes: { "-B --block-size": "text", "-t --type": "text", "-x --exclude-type": "text" },
    mayTake: { "--output": "text" },
    operands: { rest: "read" },
  },
  {
    names: "basename dirname",
    risk: "read-only",
    reason: "takes a path apart",
    flags: "-a --multiple -z --zero --help --version",
    takes: { "-s --suffix": "text" },
    operands: { rest: "text" },
  },
  {
    names: "realpath readlink",
    risk: "read-only",
    reason: "tells where a path leads",
    flags:
      "-e --canonicalize-existing -f --canonicalize -m --canonicalize-missing -L --logical -P --physical -n --no-newline -q --quiet -s --strip --no-symlinks --silent -v --verbose -z --zero --help --version",
    takes: { "--relative-to": "read", "--relative-base": "read" },
    operands: { rest: "read" },
    lists: true,
  },
  {
    names: "pwd",
    risk: "read-only",
    reason: "prints the folder",
    flags: "-L -P --logical --physical",
    lists: true,
  },
  {
    names: "file",
    risk: "read-only",
    reason: "tells what kind of file it is",
    flags:
      "-0 --print0 -b --brief -E -h --no-dereference -i --mime -I --mime-type --mime-encoding --extension -k --keep-going -l --list -L --dereference -N --no-pad -n --no-buffer -p --preserve-date -r --raw -v --version --help",
    takes: { "-e --exclude": "text", "-F --separator": "text" },
    operands: { rest: "read" },
  },
  {
    names: "tree",
    risk: "read-only",
    reason: "lists folders",
    flags:
      "-a -d -f -i -l -p -s -h -u -g -D -F -q -N -Q -r -t -c -U -v -x -n -C -J -X -A -S --du --si --inodes --device --noreport --dirsfirst --filesfirst --prune --gitignore --matchdirs --ignore-case --metafirst --help --version",
    takes: {
      "-L": "text",
      "-P": "text",
      "-I": "text",
      "-o": "write",
      "--filelimit": "text",
      "--timefmt": "text",
      "--charset": "text",
      "--gitfile": "read",
      "--infofile": "read",
    },
    mayTake: { "--sort": "text" },
    raises: { "-o": { risk: "mutating", reason: "writes {value}", loses: "what {value} holds now" } },
    operands: { rest: "read", absent: "." },
  },
  {
    names: "cloc tokei scc",
    risk: "read-only",
    reason: "counts lines of code",
    flags:
      "--by-file-by-lang --quiet --json --csv --md --yaml --hide-rate --skip-uniqueness -f --files --hidden -C --compact --no-ignore --no-cocomo --by-file -V --version -h --help",
    takes: {
      "--exclude-dir": "text",
      "--include-lang": "text",
      "--exclude-lang": "text",
      "--include-ext": "text",
      "--exclude-ext": "text",
      "-e --exclude": "text",
      "-t --type --types": "text",
      "-s --sort": "text",
      "-i": "text",
    },
    operands: { rest: "read", absent: "." },
    inspect: countsPlainly,
  },
];
