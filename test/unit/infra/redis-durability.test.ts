// What a server is said to promise follows from the facts that it states, and never from what it does not say.
import { describe, expect, it } from "vitest";
import { durabilityOf, syncsEveryWrite } from "../../../infra/redis/durability.ts";
import type { ServerFacts } from "../../../infra/redis/server-check.ts";

const best: ServerFacts = {
  product: "redis",
  version: "7.0.15",
  runId: "a".repeat(40),
  replicationId: "b".repeat(40),
  promoted: false,
  mode: "standalone",
  role: "master",
  aof: "on",
  fsync: "always",
  syncsDuringRewrite: "yes",
  maxmemoryBytes: 0,
  maxmemoryPolicy: "noeviction",
  connectedReplicas: 0,
};

const verdicts = (changed: Partial<ServerFacts>, kind: "url" | "embedded" = "embedded") =>
  durabilityOf(kind, { ...best, ...changed }).map(({ holds }) => holds);

//                       worker Redis  power  replica noticed one  evicted
const allHold = [/*  */ "yes", "yes", "yes", "no", "yes", "yes", "yes"];

describe("a server", () => {
  it.each<[string, Partial<ServerFacts>, Record<number, string>]>([
    ["that syncs each write", {}, {}],
    ["that syncs every second", { fsync: "everysec" }, { 2: "no" }],
    ["that never syncs", { fsync: "no" }, { 2: "no" }],
    ["that stops syncing during rewrites", { syncsDuringRewrite: "no" }, { 2: "no" }],
    ["without an append-only file", { aof: "off", fsync: "none", syncsDuringRewrite: "no" }, { 1: "no", 2: "no" }],
    ["that forbids CONFIG", { fsync: "unknown", syncsDuringRewrite: "unknown" }, { 2: "unknown" }],
    ["that does not tell of rewrites", { syncsDuringRewrite: "unknown" }, { 2: "unknown" }],
    ["whose INFO is bare", { aof: "unknown", fsync: "unknown" }, { 1: "unknown", 2: "unknown" }],
    ["that hides its run id", { runId: "" }, { 4: "unknown" }],
    ["that hides its limit of memory", { maxmemoryBytes: "unknown" }, { 6: "unknown" }],
  ])("%s", (_, changed, differs) => {
    expect(verdicts(changed)).toEqual(allHold.map((verdict, at) => differs[at] ?? verdict));
  });

  it("that is somebody else's may be started twice, for all we know", () => {
    expect(verdicts({}, "url")).toEqual(allHold.with(5, "unknown"));
  });

  it("is said to promise nothing without a reason", () => {
    for (const { guarantee, because } of durabilityOf("url", best)) {
      expect(guarantee).toMatch(/\w/);
      expect(because, guarantee).toMatch(/\w/);
    }
    const text = durabilityOf("url", { ...best, maxmemoryBytes: 5 })
      .map(({ because }) => because)
      .join("\n");
    for (const fact of ["7.0.15", "standalone", "always", "rewrites", "append-only", "noeviction", "5 bytes"])
      expect(text).toContain(fact);
  });

  it("loses nothing by a restart only where it is known to sync each write and never was a replica", () => {
    expect(syncsEveryWrite(best)).toBe(true);
    for (const changed of [
      { aof: "off" },
      { aof: "unknown" },
      { fsync: "everysec" },
      { fsync: "unknown" },
      { syncsDuringRewrite: "no" },
      { syncsDuringRewrite: "unknown" },
      { promoted: true },
    ] as const)
      expect(syncsEveryWrite({ ...best, ...changed }), JSON.stringify(changed)).toBe(false);
  });
});
