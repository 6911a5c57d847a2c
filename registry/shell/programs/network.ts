/** Programs that reach other machines. None is read-only but for its version; what sends data cannot be taken back. */
import { type Finding, type GivenCall, type Program, unknown } from "../program.ts";
import { hostOf } from "../slot.ts";
import type { ShellPath } from "../verdict.ts";
import { both, onlyWith, where } from "./findings.ts";
import { onlyShows } from "./rows.ts";

const asked = "-V --version -h --help";
const fetches: Finding = { risk: "mutating", rule: "network", reason: "it fetches from the network" };
const gives: Finding = {
  risk: "destructive",
  rule: "send",
  reason: "it sends data away",
  loses: ["the data, given away"],
};

const sendsData =
  "-d --data --data-raw --data-binary --data-ascii --data-urlencode --json -F --form --form-string -T --upload-file -u --user -b --cookie --oauth2-bearer -Q --url-query";

/** Values of curl that begin with `@` name a file to send. */
function sentFiles(call: GivenCall): Finding | undefined {
  const paths = sendsData.split(" ").flatMap((name) =>
    call.values(name).flatMap(({ shown }): ShellPath[] => {
      const path = /(?:^|=)[@<](.+)$/s.exec(shown)?.[1];
      return path === undefined ? [] : [{ path: path.replace(/;.*$/, ""), access: "read" }];
    }),
  );
  return paths.length === 0 ? undefined : { paths };
}

function curlWords(call: GivenCall): Finding | undefined {
  const headers = [...call.values("-H"), ...call.values("-w")].find(
    ({ shown }) => shown.startsWith("@") || shown.includes("%output"),
  );
  if (headers) return unknown("it reads or writes a file that a value names", "file");
  const method = call.values("-X")[0]?.shown.toUpperCase();
  if (method !== undefined && method !== "GET" && method !== "HEAD" && method !== "OPTIONS") return gives;
  const urls = [...call.operands, ...call.values("--url")].map(({ shown }) => shown);
  return urls.some(
    (url) => /^[a-z][a-z0-9+.-]*:/i.test(url) && !/^https?:\/\//i.test(url) && !/^[\w.-]+:\d+(?:\/|$)/.test(url),
  )
    ? unknown("it speaks another protocol than HTTP", "protocol")
    : undefined;
}

const curl: Program = {
  names: "curl",
  risk: "read-only",
  reason: "shows its version or how it is used",
  flags: `${asked} -s --silent -S --show-error -f --fail --fail-with-body -i --include -I --head -L --location -v --verbose -k --insecure --compressed -G --get -N --no-buffer -4 --ipv4 -6 --ipv6 --http1.1 --http2 -g --globoff -O --remote-name --create-dirs -# --progress-bar --no-progress-meter -Z --parallel --retry-connrefused --retry-all-errors --basic --digest -n`,
  takes: {
    "-o --output": "write",
    "-D --dump-header": "write",
    "-c --cookie-jar": "write",
    "-T --upload-file": "read",
    "-H --header": "text",
    "-X --request": "literal",
    "-m --max-time": "text",
    "--connect-timeout": "text",
    "--retry": "text",
    "--retry-delay": "text",
    "--retry-max-time": "text",
    "--max-redirs": "text",
    "--limit-rate": "text",
    "-A --user-agent": "text",
    "-e --referer": "text",
    "-r --range": "text",
    "-w --write-out": "literal",
    "--url": "host",
    "-d --data --data-ascii": "text",
    "--data-raw": "text",
    "--data-binary": "text",
    "--data-urlencode": "text",
    "--json": "text",
    "-F --form": "text",
    "--form-string": "text",
    "-u --user": "text",
    "-b --cookie": "text",
    "--oauth2-bearer": "text",
  },
  operands: { rest: "host" },
  inspect: both(
    onlyWith(asked, fetches),
    curlWords,
    sentFiles,
    where("-O --remote-name", { paths: [{ path: ".", access: "write" }] }),
    where(`${sendsData} -n`, gives),
  ),
};

const wget: Program = {
  names: "wget",
  risk: "read-only",
  reason: "shows its version or how it is used",
  flags: `${asked} -q --quiet -v --verbose -nv --no-verbose -c --continue -N --timestamping -nc --no-clobber -r --recursive -l -np --no-parent -k --convert-links -p --page-requisites -m --mirror -S --server-response --spider -nd --no-directories --no-check-certificate -4 -6 --show-progress`,
  takes: {
    "-O --output-document": "write",
    "-P --directory-prefix": "write",
    "-o --output-file": "write",
    "-a --append-output": "write",
    "-i --input-file": "read",
    "-t --tries": "text",
    "-T --timeout": "text",
    "--header": "text",
    "-U --user-agent": "text",
    "--post-data": "text",
    "--post-file": "read",
    "--body-data": "text",
    "--body-file": "read",
    "--method": "literal",
    "--user": "text",
    "--password": "text",
  },
  operands: { rest: "host" },
  inspect: both(
    onlyWith(asked, fetches),
    where("--post-data --post-file --body-data --body-file --method --user --password", gives),
    where("-i", { hosts: ["*"] }),
    (call) =>
      call.operands.length > 0 && !call.given("-O -P --spider")
        ? { paths: [{ path: ".", access: "write" }] }
        : undefined,
  ),
};

/** `name=value`, `name:=value`, `name@file` and any method but GET send something. */
function httpieSends(call: GivenCall): Finding {
  const words = call.operands.map(({ shown }) => shown);
  const strange = words.some(
    (word) =>
      word.startsWith("-") &&
      !/^(?:-[bhvpqFd]+|--(?:body|headers|verbose|quiet|follow|json|timeout=\d+|check-status|print=\w+))$/.test(word),
  );
  if (strange) return { ...unknown("an option is not known here", "unknown-option"), hosts: ["*"] };
  const [first = "", ...rest] = words.filter((word) => !word.startsWith("-"));
  const isMethod = /^[A-Z]+$/.test(first);
  const [url = "", ...items] = isMethod ? rest : [first, ...rest];
  const isPlain = items.every((item) => item.includes("==")) && (!isMethod || /^(?:GET|HEAD|OPTIONS)$/.test(first));
  return { ...(isPlain ? fetches : gives), hosts: [hostOf(url)] };
}

function isRemote(word: string): boolean {
  return /^[^/]*:/.test(word) || /^[a-z]+:\/\//i.test(word);
}

/** scp, sftp and rsync: what goes out is gone, what comes in is written. */
function copies(call: GivenCall): Finding {
  const words = call.operands.map(({ shown }) => shown);
  const [target = ".", ...sources] = [...words].reverse();
  const hosts = words.filter(isRemote).map(hostOf);
  const paths = [
    ...(isRemote(target) ? [] : [{ path: target, access: "write" } as const]),
    ...sources.filter((word) => !isRemote(word)).map((path) => ({ path, access: "read" }) as const),
  ];
  if (isRemote(target)) return { ...gives, hosts, paths };
  const isLocal = hosts.length === 0;
  return {
    ...fetches,
    reason: isLocal ? "it copies files" : (fetches.reason ?? ""),
    rule: isLocal ? "copy" : "network",
    hosts,
    paths,
  };
}

const deletesMore = {
  risk: "destructive",
  reason: "deletes what the source does not have",
  loses: "what only {last} has",
} as const;

export const network: readonly Program[] = [
  curl,
  wget,
  onlyShows("http https xh xhs httpie", "--version --help", { risk: "mutating" }, { inspect: httpieSends }),
  {
    names: "scp",
    risk: "mutating",
    reason: "copies files between machines",
    flags: "-r -p -q -C -3 -4 -6 -B -v",
    takes: { "-P": "text", "-l": "text", "-i": "read" },
    operands: { rest: "literal", min: 2 },
    inspect: copies,
  },
  {
    names: "rsync",
    risk: "mutating",
    reason: "copies files",
    flags:
      "-a --archive -v --verbose -r --recursive -z --compress -n --dry-run -h --human-readable -P --progress --partial -u --update -c --checksum -l --links -L --copy-links -p --perms -t --times -q --quiet -i --itemize-changes -x --one-file-system -R --relative -m --prune-empty-dirs --stats " +
      "--delete --delete-after --delete-before --delete-during --delete-excluded --remove-source-files --existing --ignore-existing --size-only -H -A -X -W -S -E -g -o -D",
    takes: {
      "--exclude": "text",
      "--include": "text",
      "--exclude-from": "read",
      "--include-from": "read",
      "--max-size": "text",
      "--bwlimit": "text",
      "-f --filter": "text",
    },
    raises: {
      "--delete": deletesMore,
      "--delete-after": deletesMore,
      "--delete-before": deletesMore,
      "--delete-during": deletesMore,
      "--delete-excluded": deletesMore,
      "--remove-source-files": { risk: "destructive", reason: "deletes what it copied", loses: "{first}" },
    },
    operands: { rest: "literal", min: 1 },
    inspect: copies,
  },
  onlyShows("ssh mosh autossh sshpass sftp ftp lftp telnet", "-V --version", {
    ...unknown("it acts on another machine", "remote"),
    hosts: ["*"],
  }),
  onlyShows(
    "ssh-keygen ssh-add ssh-agent ssh-copy-id ssh-keyscan",
    "-l -L",
    { ...unknown("it reads or changes keys", "keys"), hosts: ["*"] },
    { inspect: () => unknown("it reads or changes keys", "keys") },
  ),
  {
    names: "nc ncat netcat",
    risk: "mutating",
    reason: "connects to a machine",
    flags: "-z -v -n -4 -6 -u",
    takes: { "-w": "text" },
    operands: { first: ["host", "text"], min: 1, max: 2 },
    inspect: (call) => (call.given("-z") ? fetches : gives),
  },
  onlyShows("socat ngrok cloudflared", "-V --version version", {
    ...unknown("it connects machines", "remote"),
    hosts: ["*"],
  }),
  onlyShows("ping ping6 traceroute tracepath mtr nmap dig host nslookup whois", "-V --version", {
    ...fetches,
    hosts: ["*"],
  }),
];
