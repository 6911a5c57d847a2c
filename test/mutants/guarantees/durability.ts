/** What survives which death. */
import type { Guarantee } from "../guarantee.ts";

export const durability: readonly Guarantee[] = [
  {
    id: "acknowledged",
    group: "Durability",
    promise: "A committed step survives the death of its worker and, once acknowledged, that of Redis",
    condition:
      "append-only file on. The embedded server syncs at every commit; with `REDIS_URL` it is as that server is configured, and `swarm doctor` says how",
    mechanism: ["infra/redis/server-arguments.ts", "infra/redis/scripts/commit.lua"],
    test: {
      file: "test/integration/redis-embedded.test.ts",
      title: "a kill of the server loses nothing that was acknowledged, and the next opener starts it again",
    },
    disable: [{ file: "infra/redis/server-arguments.ts", find: 'appendonly: "yes"', replace: 'appendonly: "no"' }],
  },
  {
    id: "power",
    group: "Durability",
    promise: "… and a power failure",
    condition: "`appendfsync always` (the embedded default), and a disk that does what fsync says",
    mechanism: ["infra/redis/server-arguments.ts"],
    test: {
      file: "test/integration/redis-embedded.test.ts",
      title: "is always from the first write on, without a word about it",
    },
    disable: {
      never: "**not proven**: no test cuts the power. The test named here only sees that Redis is told to sync",
    },
  },
  {
    id: "torn-tail",
    group: "Durability",
    promise: "… which cut the file inside a step: no half of it ever comes back",
    condition: "the private server; nothing is written between its start and the next command that opens it",
    mechanism: ["infra/redis/torn-tail.ts", "infra/redis/embedded.ts"],
    test: {
      file: "test/integration/redis-embedded.test.ts",
      title: "a step that a power failure cut in two is gone for good",
    },
    disable: [{ file: "infra/redis/embedded.ts", find: "  await markTornTail(dataDir);\n", replace: "" }],
  },
  {
    id: "one-server",
    group: "Durability",
    promise: "Two servers never write one data dir",
    condition: "one host; with flock(1), or without it outside containers that share the folder",
    mechanism: ["infra/redis/server-lock.ts"],
    test: {
      file: "test/integration/redis-embedded.test.ts",
      title: "five processes that race to open one data dir share one server",
    },
    disable: { never: "two mechanisms stand in for each other (flock, and a lock by process identity)" },
  },
  {
    id: "eviction",
    group: "Durability",
    promise: "A server that may evict keys is refused",
    condition: "it allows `INFO` or `CONFIG` to say so",
    mechanism: ["infra/redis/server-check.ts"],
    test: { file: "test/integration/redis-server-check.test.ts", title: "that may evict keys is refused" },
    disable: [
      {
        file: "infra/redis/server-check.ts",
        find: 'if ((found.maxmemory ?? 0) > 0 && policy !== "noeviction") {',
        replace: "if (found.maxmemory === -1) {",
      },
    ],
  },
  {
    id: "failover",
    group: "Durability",
    promise: "Nothing is promised across a failover: replicas, Sentinels and Cluster are refused",
    condition: "always",
    mechanism: ["infra/redis/server-check.ts"],
    test: { file: "test/integration/redis-server-check.test.ts", title: "that is a replica is refused" },
    disable: [
      {
        file: "infra/redis/server-check.ts",
        find: 'throw refused("replica"',
        replace: 'refused("replica"',
      },
    ],
  },
  {
    id: "incarnation",
    group: "Durability",
    promise:
      "After a restart that may have lost acknowledged steps no claim from before commits anything, and no effect id is given twice",
    condition: "standalone Redis; a restart of one that syncs at every commit is harmless and changes nothing",
    mechanism: ["infra/redis/incarnation.ts", "infra/redis/scripts/incarnation.lua", "infra/redis/scripts/commit.lua"],
    test: {
      file: "test/integration/redis-incarnation.test.ts",
      title: "ends every claim from before, though its commit is the first thing that the new process hears",
    },
    disable: [
      {
        file: "infra/redis/scripts/commit.lua",
        find: "if (head[4] or '0') ~= (redis.call('HGET', KEYS[14], 'number') or '0') then return {'FENCED'} end",
        replace: "",
      },
    ],
  },
  {
    id: "retention",
    group: "Durability",
    promise: "An ended run leaves Redis only after a whole archive of it was synced to disk; a kilobyte stays",
    condition: "always",
    mechanism: ["infra/redis/retention.ts", "infra/archive/"],
    test: {
      file: "test/integration/retention.test.ts",
      title: "refuses to erase a run that is not as it was archived",
    },
    disable: [
      {
        file: "infra/redis/scripts/erase.lua",
        find: "if (run[2] or '0') ~= ARGV[1] then return {'CHANGED', run[2] or '0'} end",
        replace: "",
      },
    ],
  },
  {
    id: "erased-stays-erased",
    group: "Durability",
    promise: "A run that was erased stays erased: late mail, a late claim or a second creation write nothing",
    condition: "always",
    mechanism: ["infra/redis/scripts/claim.lua", "infra/redis/stub.ts"],
    test: {
      file: "test/integration/retention.test.ts",
      title: "leaves a run erased: late mail, a late claim and a second creation find it ended, and write nothing",
    },
    disable: [
      {
        file: "infra/redis/scripts/claim.lua",
        find: "redis.call('HEXISTS', KEYS[1], 'stub') == 1 or ",
        replace: "",
      },
    ],
  },
];
