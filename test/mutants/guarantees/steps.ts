/** Steps, messages, wake-ups, timers: what the store and the activations promise. */
import type { Guarantee } from "../guarantee.ts";

const contract = "test/contract/redis-store.test.ts";
const runtime = "test/integration/runtime.test.ts";
const commit = "infra/redis/scripts/commit.lua";
const claim = "infra/redis/scripts/claim.lua";

export const steps: readonly Guarantee[] = [
  {
    id: "fence",
    group: "Steps and messages",
    promise:
      "At most one activation commits for an actor. Not: at most one is alive; a fenced one may still be computing",
    condition: "always",
    mechanism: [claim, commit],
    test: { file: contract, title: "lets only the later of two claims commit, however they came about" },
    disable: [
      {
        file: commit,
        find: "if head[1] ~= ARGV[2] or head[2] ~= ARGV[3] then return {'FENCED'} end",
        replace: "",
      },
    ],
  },
  {
    id: "nonce",
    group: "Steps and messages",
    promise: "… also where two claims bear the same epoch, because Redis came back older than it was",
    condition: "always",
    mechanism: [claim, commit],
    test: {
      file: contract,
      title: "a claim from before can commit nothing; one from after can, and says so in its fence",
    },
    disable: [
      { file: commit, find: "if head[1] ~= ARGV[2] or head[2] ~= ARGV[3]", replace: "if head[1] ~= ARGV[2]" },
      {
        file: commit,
        find: "if (head[4] or '0') ~= (redis.call('HGET', KEYS[14], 'number') or '0') then return {'FENCED'} end",
        replace: "",
      },
    ],
  },
  {
    id: "commit-id",
    group: "Steps and messages",
    promise:
      "A commit whose reply was lost is written once, and is answered with its first answer when it is sent again",
    condition: "it is sent again before the actor's next commit",
    mechanism: [commit, "infra/steady-store.ts"],
    test: { file: contract, title: "gets its first answer, grants included, and writes nothing twice" },
    disable: [{ file: commit, find: "if before == ARGV[1] then", replace: "if false then" }],
  },
  {
    id: "resend",
    group: "Steps and messages",
    promise: "A call to Redis that gets no answer ends within its limit, and is made again under the same ids",
    condition:
      "Redis answers again within 30 s; then the activation ends with a clear reason and the sweep brings it back",
    mechanism: ["infra/steady-store.ts", "infra/retry.ts", "infra/redis/calls.ts"],
    test: { file: "test/unit/infra/steady-store.test.ts", title: "repeats commit word for word until it is answered" },
    disable: [
      {
        file: "infra/retry.ts",
        find: "if (!mayPass || isLast()) throw cause;",
        replace: "throw cause;",
      },
    ],
  },
  {
    id: "whole-or-nothing",
    group: "Steps and messages",
    promise: "A step is written whole or not at all",
    condition: "every write goes through its script",
    mechanism: [commit],
    test: {
      file: "test/contract/redis-store-writes.test.ts",
      title: "on a key of the wrong type a commit writes everything or nothing",
    },
    disable: [
      {
        file: commit,
        find: "for i = mailFrom, mailTo, 3 do redis.call('LLEN', ARGV[5] .. ':' .. ARGV[i] .. ':mailbox') end",
        replace: "",
      },
    ],
  },
  {
    id: "one-cause",
    group: "Steps and messages",
    promise: "A message or an answer is consumed once: the second answer to an effect is refused",
    condition: "always",
    mechanism: [commit],
    test: { file: contract, title: "a second answer to the same effect" },
    disable: [{ file: commit, find: "elseif not places[ARGV[9]] then", replace: "elseif false then" }],
  },
  {
    id: "dedupe",
    group: "Steps and messages",
    promise: "A message from outside is delivered once per message id",
    condition: "until the run is erased",
    mechanism: ["infra/redis/scripts/send.lua"],
    test: { file: contract, title: "sent twice is delivered once, consumed or not" },
    disable: [
      {
        file: "infra/redis/scripts/send.lua",
        find: "if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return {'AGAIN'} end",
        replace: "",
      },
    ],
  },
  {
    id: "terminal",
    group: "Steps and messages",
    promise:
      "The end of a run is its last word, and there is one: cancel against completion, two answers, two coordinators",
    condition: "always",
    mechanism: [commit],
    test: { file: contract, title: "of an ended run says nothing more: the end is the last word, and there is one" },
    disable: [{ file: commit, find: "if run[1] ~= 'running' then return {'ENDED', run[1]} end", replace: "" }],
  },
  {
    id: "sequence",
    group: "Steps and messages",
    promise: "The events of a run are numbered without a gap, whoever writes them",
    condition: "always",
    mechanism: [commit, "infra/redis/scripts/hold.lua", "infra/redis/scripts/quarantine.lua"],
    test: { file: contract, title: "numbers the events of all its actors, parking and quarantine without a gap" },
    disable: [
      {
        file: commit,
        find: "local last = tonumber(run[3] or '0') + count\n",
        replace: "local last = tonumber(run[3] or '0') + count + 1\n",
      },
    ],
  },
  {
    id: "sweeper",
    group: "Steps and messages",
    promise: "Each actor that has work is looked after, though nobody woke it",
    condition: "a worker lives that hosts its type and serves its machine and its model access",
    mechanism: ["actors/runtime/delivery.ts", "infra/redis/scripts/sweep.lua"],
    test: {
      file: runtime,
      title: "goes on although nobody was woken: no job, no ring, only the ready list that the commit wrote",
    },
    disable: [
      {
        file: "actors/runtime/delivery.ts",
        find: "    await wakeAll(swept.wake);\n",
        replace: "",
      },
    ],
  },
  {
    id: "late-worker",
    group: "Steps and messages",
    promise: "Work that was ordered while no worker lived is taken up by the first that starts",
    condition: "it serves it",
    mechanism: ["infra/redis/store.ts", "actors/runtime/host.ts", "actors/runtime/delivery.ts"],
    test: {
      file: contract,
      title: "is made up for by one that starts later: stranded actors come back and are stranded no more",
    },
    disable: [
      {
        file: "infra/redis/store.ts",
        find: "  await redis.zadd(ready, ...members.flatMap((member) => [0, member]));\n",
        replace: "",
      },
    ],
  },
  {
    id: "timers-once",
    group: "Steps and messages",
    promise: "A timer goes off once, on Redis's clock, whatever the clocks of the workers say and however many sweep",
    condition: "a worker lives",
    mechanism: ["infra/redis/scripts/sweep.lua"],
    test: { file: contract, title: "goes off once, however many sweep at the same time" },
    disable: [{ file: "infra/redis/scripts/sweep.lua", find: "  redis.call('ZREM', KEYS[2], armed)\n", replace: "" }],
  },
  {
    id: "stale-timers",
    group: "Steps and messages",
    promise: "A stale timer changes nothing",
    condition: "always",
    mechanism: ["machines/fold.ts"],
    test: {
      file: "test/unit/machines/fold.test.ts",
      title: "a timer of an earlier arming, of no arming, or under another name",
    },
    disable: [
      {
        file: "machines/fold.ts",
        find: "return armed !== undefined && armed.armedBy === cause.armedBy ? armed.event : null;",
        replace: "return armed !== undefined ? armed.event : null;",
      },
    ],
  },
  {
    id: "park",
    group: "Steps and messages",
    promise: "A parked run begins no effect until it is resumed, and then begins each held one once",
    condition: "what was out already gets 30 s to end",
    mechanism: ["infra/redis/scripts/hold.lua", "actors/runtime/activation.ts"],
    test: { file: runtime, title: "begins no effect until it is resumed, and then begins each held one exactly once" },
    disable: [
      {
        file: "actors/runtime/activation.ts",
        find: "if (!this.held && !this.runEnded) this.begin(id, order, grant);",
        replace: "if (!this.runEnded) this.begin(id, order, grant);",
      },
    ],
  },
  {
    id: "bell",
    group: "Steps and messages",
    promise: "A message reaches an agent in the middle of a long call, and what it called off is called off",
    condition: "its worker lives; at most a second late",
    mechanism: ["actors/runtime/activation.ts", "actors/runtime/bells.ts"],
    test: { file: runtime, title: "reaches an agent in the middle of a model call, which is called off" },
    disable: [
      {
        file: "actors/runtime/activation.ts",
        find: "        mailLeft = 1; // a ring or a second gone by: look into the mailbox\n",
        replace: "",
      },
    ],
  },
  {
    id: "poison",
    group: "Steps and messages",
    promise:
      "What kills every activation that touches it is quarantined after ten claims, and the run is told and ends explicitly",
    condition: "always",
    mechanism: [claim, "infra/redis/scripts/quarantine.lua", "actors/runtime/activation.ts"],
    test: { file: runtime, title: "quarantines what kills every activation, and the run ends explicitly" },
    disable: [
      {
        file: "actors/runtime/activation.ts",
        find: "if (claim.claims > CLAIMS_MAX) {",
        replace: "if (claim.claims < 0) {",
      },
    ],
  },
  {
    id: "flat",
    group: "Steps and messages",
    promise: "Bytes sent and stored for a step do not grow with the conversation",
    condition: "always",
    mechanism: [commit, "machines/snapshot.ts"],
    test: {
      file: "test/contract/redis-store-writes.test.ts",
      title: "is as many bytes at turn 200 as at turn 5: nothing that is already stored is sent or written again",
    },
    disable: { never: "nothing is switched on: what is stored is not sent again" },
  },
  {
    id: "poison-beside",
    group: "Steps and messages",
    promise: "… also where other steps of the actor succeed beside it: each effect is counted by itself",
    condition: "three finds count as one death, because a claim may find an effect for other reasons",
    mechanism: [claim],
    test: { file: contract, title: "counts an effect that every claim finds, though other steps succeed beside it" },
    disable: [{ file: claim, find: "claims = math.max(claims, math.floor(found / 3))", replace: "found = nil" }],
  },
  {
    id: "dead-stays-dead",
    group: "Steps and messages",
    promise: "A dead letter keeps its actor out until somebody requeues it",
    condition: "always",
    mechanism: [claim, "infra/redis/scripts/quarantine.lua", "infra/redis/dead-letters.ts"],
    test: {
      file: "test/integration/dead-letters.test.ts",
      title: "keeps its actor out: mail and timers that still reach it wake nobody",
    },
    disable: [{ file: claim, find: " or redis.call('HEXISTS', KEYS[2], 'dead') == 1", replace: "" }],
  },
  {
    id: "requeue-whole",
    group: "Steps and messages",
    promise:
      "A requeued actor gets back the message it died of before all that came later, and a count that begins anew",
    condition: "its run still runs and counts the task as failed",
    mechanism: ["infra/redis/scripts/requeue.lua"],
    test: {
      file: "test/integration/dead-letters.test.ts",
      title:
        "gives back the head message before all that came later, the unanswered effects, and a count that begins anew",
    },
    disable: [
      {
        file: "infra/redis/scripts/requeue.lua",
        find: "redis.call('LPUSH', KEYS[5], letter.mail)",
        replace: "redis.call('RPUSH', KEYS[5], letter.mail)",
      },
    ],
  },
  {
    id: "restarts",
    group: "Steps and messages",
    promise:
      "Failed attempts are made again after a rest that grows and differs from run to run, and so often at most in one run",
    condition: "20 restarts a run, or as many in a time as its supervision says; attempts as each task allows",
    mechanism: ["machines/task-supervision.ts", "machines/coordinator-machine.ts"],
    test: {
      file: "test/unit/machines/coordinator-machine.test.ts",
      title: "a run has so many restarts and no more, however many its tasks were promised",
    },
    disable: [
      {
        file: "machines/task-supervision.ts",
        find: "if (ledger.restarts.length < restartsMax) return",
        replace: "if (ledger.restarts.length < 1_000) return",
      },
    ],
  },
  {
    id: "no-hot-loop",
    group: "Steps and messages",
    promise:
      "A Redis that cannot answer is asked ever more slowly and not for ever; where asking again cannot help, not again",
    condition: "always",
    mechanism: ["infra/steady-store.ts", "infra/retry.ts", "infra/redis/store-failure.ts"],
    test: {
      file: "test/integration/redis-trouble.test.ts",
      title: "is asked again, ever more slowly, and not for ever",
    },
    disable: [
      {
        file: "infra/retry.ts",
        find: "const ownMs = pauseMsOf(options, round);",
        replace: "const ownMs = pauseMsOf(options, round) * 0;",
      },
    ],
  },
  {
    id: "hot-oom",
    group: "Steps and messages",
    promise: "A Redis that is out of memory, read-only or misconfigured never makes a healthy actor pass for poison",
    condition: "always",
    mechanism: [claim],
    test: {
      file: "test/integration/redis-trouble.test.ts",
      title: "nobody can claim, so that an actor that cannot be brought on does not pass for poison",
    },
    disable: [
      {
        file: claim,
        find: "  epoch = redis.call('HINCRBY', KEYS[2], 'epoch', 1)\n",
        replace: "  redis.call('HDEL', KEYS[2], 'nothing')\n  epoch = redis.call('HINCRBY', KEYS[2], 'epoch', 1)\n",
      },
    ],
  },
];
