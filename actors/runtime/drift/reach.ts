/**
 * What code reaches out for while it runs. In this process: every socket, name look-up, process and thread that it
 * opens, by Node's own record of them. In a network namespace of its own: the kernel's counters, which tell of attempts
 * that led nowhere, too.
 */
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { readFile, readlink } from "node:fs/promises";

/** Node's names for what is opened → ours. */
const REACHES: Readonly<Record<string, string>> = {
  TCPWRAP: "a connection",
  TCPCONNECTWRAP: "a connection",
  UDPWRAP: "a datagram",
  UDPSENDWRAP: "a datagram",
  GETADDRINFOREQWRAP: "a name look-up",
  QUERYWRAP: "a name look-up",
  PIPECONNECTWRAP: "a local socket",
  PROCESSWRAP: "a process",
  WORKER: "a thread",
};

const within = new AsyncLocalStorage<Set<string>>();

/** Runs it and says what it, and whatever it began, opened until it ended. Throws what it throws. */
export async function reachOf<Value>(act: () => Promise<Value>): Promise<{ value: Value; reached: readonly string[] }> {
  const reached = new Set<string>();
  const hook = createHook({
    init(_id, type) {
      const what = REACHES[type];
      if (what !== undefined) within.getStore()?.add(what);
    },
  });
  hook.enable();
  try {
    return { value: await within.run(reached, act), reached: [...reached].sort() };
  } finally {
    hook.disable();
  }
}

/** Counters of one network namespace that only somebody in it moves. */
export type NetworkCounters = Readonly<Record<string, number>>;

/** Text of `/proc/net/snmp`, `snmp6` and `dev`, one after the other. */
export function countersFrom(text: string): NetworkCounters {
  const counters: Record<string, number> = {};
  const lines = text.split("\n");
  for (const [at, line] of lines.entries()) {
    const [group = "", ...names] = line.trim().split(/\s+/);
    const values = lines[at + 1]?.trim().split(/\s+/) ?? [];
    if (/^(Ip|Tcp|Udp):$/.test(group) && values[0] === group && names[0] !== undefined && /^\D/.test(names[0])) {
      for (const [index, name] of names.entries()) counters[`${group}${name}`] = Number(values[index + 1]);
    }
    if (/^Ip6\w+$/.test(group) && names.length === 1) counters[group] = Number(names[0]);
    const isDevice = group.endsWith(":") && names.length === 16 && names.every((one) => /^\d+$/.test(one));
    if (isDevice && !/^(Ip|Icmp|IcmpMsg|Tcp|Udp|UdpLite):$/.test(group)) {
      counters[`dev:${group.slice(0, -1)}`] = Number(names[9]); // packets sent
    }
  }
  return counters;
}

/** Of what left the namespace, or would have. Multicast is the kernel's own doing when a link comes up. */
export function reachedBetween(before: NetworkCounters, after: NetworkCounters): readonly string[] {
  const grew = (name: string): boolean => (after[name] ?? 0) > (before[name] ?? 0);
  const noRoute = grew("Ip:OutNoRoutes") || grew("Ip6OutNoRoutes");
  const tcp = grew("Tcp:ActiveOpens");
  const udp = grew("Udp:OutDatagrams");
  const lo = grew("dev:lo");
  const away = Object.keys(after).some((name) => name.startsWith("dev:") && name !== "dev:lo" && grew(name));
  return [
    ...(noRoute ? ["an address outside, to which no way leads"] : []),
    ...(tcp ? ["a connection"] : []),
    ...(udp ? ["a datagram"] : []),
    ...(away ? ["the network"] : []),
    ...(lo && !tcp && !udp && !noRoute ? ["something on its own machine"] : []),
  ];
}

/** Null where the process is gone, or shares our network: then the counters are everybody's. */
export async function networkOf(pid: number): Promise<NetworkCounters | null> {
  try {
    const [own, theirs] = await Promise.all([readlink("/proc/self/ns/net"), readlink(`/proc/${pid}/ns/net`)]);
    if (own === theirs) return null;
    const texts = await Promise.all(
      ["snmp", "snmp6", "dev"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8").catch(() => "")),
    );
    return countersFrom(texts.join("\n"));
  } catch {
    return null; // said by the caller: it was not looked at
  }
}
