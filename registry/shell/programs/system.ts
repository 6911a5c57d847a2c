/** Programs about processes, the network and the machine. */
import type { Finding, GivenCall, Program } from "../program.ts";
import { unknown } from "../program.ts";

/** ps shows the environment of processes for an `e` among its letters, in one of its two dialects. */
function inspectPs({ operands }: GivenCall): Finding | undefined {
  const words = operands.map(({ literal }) => literal);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === null || word === undefined) return unknown("an option of it is not certain");
    if (
      /^(?:[auxwflrTjvsLmHh]+|-[eAaflFHLTwjNyM]+|-auxw*|-?\d+(?:,\d+)*|--no-headers?|--forest|--headers?)$/.test(word)
    )
      continue;
    if (/^--(?:sort|pid|ppid|format|cols|columns|width)=[\w,%+:=-]+$/.test(word) && !/env/i.test(word)) continue;
    if (/^(?:-[eAafFHLTwjNyl]*[opOCGgtUu]|o|--sort|--pid|--ppid|--format)$/.test(word)) {
      at += 1;
      const value = words[at];
      if (value === null || value === undefined || value.startsWith("-") || /env/i.test(value)) {
        return unknown("what it shows is not certain");
      }
      continue;
    }
    return unknown(`${word} is not known here`, "unknown-option");
  }
  return undefined;
}

const addresses = { style: "posix", operands: { rest: "text" } } as const;

/** `ip` shows; with any other word it changes. */
function onlyShows({ operands }: GivenCall): Finding | undefined {
  const [deed] = operands;
  return deed === undefined || /^(?:show|list|ls|get)$/.test(deed.literal ?? "")
    ? undefined
    : unknown("it changes the network");
}

const ipRow = { risk: "read-only", reason: "shows the network", ...addresses, inspect: onlyShows } as const;

export const system: readonly Program[] = [
  {
    names: "ps",
    risk: "read-only",
    reason: "lists processes",
    style: "words",
    operands: { rest: "literal" },
    inspect: inspectPs,
  },
  {
    names: "pgrep pidof",
    risk: "read-only",
    reason: "finds processes",
    flags:
      "-a --list-full -c --count -f --full -i --ignore-case -l --list-name -n --newest -o --oldest -v --inverse -x --exact -s",
    takes: {
      "-u --euid": "text",
      "-U --uid": "text",
      "-P --parent": "text",
      "-g --pgroup": "text",
      "-t --terminal": "text",
      "-d --delimiter": "text",
    },
    operands: { rest: "text" },
  },
  {
    names: "pstree",
    risk: "read-only",
    reason: "shows processes",
    flags: "-a -A -c -g -G -h -l -n -N -p -s -S -t -T -u -U -V",
    operands: { rest: "text" },
  },
  {
    names: "top",
    risk: "read-only",
    reason: "lists processes",
    flags: "-b -c -H -i -S -1 -h -v",
    takes: { "-n": "text", "-d": "text", "-o": "text", "-p": "text", "-u": "text", "-w": "text" },
    inspect: ({ given }) => (given("-b") ? undefined : unknown("it waits for a person")),
  },
  {
    names: "lsof",
    risk: "read-only",
    reason: "lists open files",
    flags: "-n -P -t -l -a -U -N -b -R -h -v",
    takes: { "-p": "text", "-u": "text", "-c": "text", "-d": "text", "-s": "text" },
    mayTake: { "-i": "text" },
    operands: { rest: "read" },
  },
  {
    names: "ss",
    risk: "read-only",
    reason: "lists connections",
    flags:
      "-a --all -l --listening -n --numeric -o --options -e --extended -m --memory -p --processes -i --info -s --summary -4 --ipv4 -6 --ipv6 -t --tcp -u --udp -w --raw -x --unix -H --no-header -O --oneline -h -V",
    operands: { rest: "text" },
  },
  {
    names: "netstat",
    risk: "read-only",
    reason: "lists connections",
    flags:
      "-a --all -l --listening -n --numeric -p --programs --program -t --tcp -u --udp -x -r --route -s --statistics -i --interfaces -e -o -W --wide -4 -6 -v",
  },
  {
    names: "ip",
    ...ipRow,
    style: "posix",
    flags: "-4 -6 -br -brief -c -color -j -json -o -s -p -d",
    operands: {},
    subcommands: {
      a: ipRow,
      addr: ipRow,
      address: ipRow,
      l: ipRow,
      link: ipRow,
      r: ipRow,
      route: ipRow,
      n: ipRow,
      neigh: ipRow,
    },
  },
  {
    names: "ifconfig",
    risk: "read-only",
    reason: "shows the network",
    flags: "-a -s",
    operands: { max: 1, first: ["text"] },
  },
  {
    names: "w",
    risk: "read-only",
    reason: "tells who is logged in",
    flags: "-h -s -f -i -u",
    operands: { rest: "text" },
  },
  {
    names: "who users last",
    risk: "read-only",
    reason: "tells who is logged in",
    flags: "-a -b -H -q -u -h -s",
    digits: true,
    takes: { "-f": "read", "-n": "text" },
    operands: { rest: "read" },
  },
  {
    names: "vmstat iostat",
    risk: "read-only",
    reason: "tells how busy it is",
    flags: "-a -s -d -w -x -k -m -h",
    operands: { rest: "text" },
  },
  {
    names: "dmesg",
    risk: "read-only",
    reason: "prints messages of the system",
    flags: "-T --ctime -H -k -u -x -t --color --nopager -P",
    takes: { "-l --level": "text", "-f --facility": "text" },
    inspect: ({ given }) => (given("-H") ? unknown("it starts a pager") : undefined),
  },
  {
    names: "kill",
    risk: "destructive",
    reason: "stops processes",
    style: "words",
    operands: { rest: "text" },
    loses: "what the processes {operands} are at",
  },
  {
    names: "pkill killall skill",
    risk: "destructive",
    reason: "stops processes by name",
    style: "words",
    operands: { rest: "text" },
    loses: "what every process named like {operands} is at",
  },
];
