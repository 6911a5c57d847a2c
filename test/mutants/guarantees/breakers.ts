/** Breakers, rate limits, and the one door of trying again. */
import type { Guarantee } from "../guarantee.ts";

const gate = "test/unit/infra/breaker/call-gate.test.ts";
const asked = "test/unit/actors/asked-model.test.ts";
const shared = "test/integration/shared-breakers.test.ts";

export const breakerGuarantees: readonly Guarantee[] = [
  {
    id: "breaker-shared",
    group: "Effects",
    promise: "A model server that one worker found failing is left alone by all at their next call",
    condition: "Redis answers within 250 ms; else each process goes by what it sees itself",
    mechanism: ["machines/breaker-machine.ts", "infra/breaker/call-gate.ts", "infra/redis/breakers.ts"],
    test: { file: shared, title: "what one worker opens holds for the next call of another, and both are shown" },
    disable: [
      {
        file: "infra/breaker/call-gate.ts",
        find: "      if (sight.ask().open) return own(mirror, step);",
        replace: "      if (sight !== null) return own(mirror, step);",
      },
    ],
  },
  {
    id: "one-probe",
    group: "Effects",
    promise: "Exactly one call tries a resting server again, and one whose worker was killed gives way",
    condition: "after 60 s without a word of it",
    mechanism: ["machines/breaker-machine.ts", "infra/breaker/record.ts"],
    test: { file: gate, title: "is one probe for all when it has cooled, and its success lets all through" },
    disable: [
      {
        file: "infra/breaker/record.ts",
        find: 'if (path !== "closed" && probe !== by) {',
        replace: 'if (path === "open" && probe !== by) {',
      },
    ],
  },
  {
    id: "few-calls",
    group: "Effects",
    promise: "A server that fails for ever is called 21 times an hour by a whole swarm, and is not given up",
    condition: "calls that are out when its breaker opens come on top",
    mechanism: ["machines/breaker-machine.ts", "infra/breaker/call-gate.ts"],
    test: { file: gate, title: "is called at most 21 times an hour by a whole swarm: 64 agents of 8 workers" },
    disable: [
      {
        file: "machines/breaker-machine.ts",
        find: "Math.min(coolingLastMs, coolingMs * 2)",
        replace: "coolingFirstMs",
      },
    ],
  },
  {
    id: "outage-waits",
    group: "Effects",
    promise: "An hour of overload costs no agent an attempt; after two hours it ends by name",
    condition: "always",
    mechanism: ["actors/runtime/asked-model.ts"],
    test: { file: asked, title: "an hour of overload costs no agent an attempt, and after two hours it ends by name" },
    disable: [
      {
        file: "actors/runtime/asked-model.ts",
        find: 'if (outcome.reason === "overloaded" || outcome.reason === "rate_limited") return false;',
        replace: "",
      },
    ],
  },
  {
    id: "rate-limit-spread",
    group: "Effects",
    promise: "A refusal by rate limit holds all workers back as long as it says, and they do not come back together",
    condition: "Redis answers within 250 ms",
    mechanism: ["infra/breaker/pacing.ts", "infra/model/rate-limits.ts"],
    test: {
      file: gate,
      title: "one refusal holds all workers back for as long as it says, and they come back one after the other",
    },
    disable: [
      { file: "infra/breaker/pacing.ts", find: "const place = waiting[name] ?? 0;", replace: "const place = 0;" },
    ],
  },
  {
    id: "one-door",
    group: "Effects",
    promise: "Nothing of the product tries again by a loop, timer, library or client setting of its own",
    condition: "but for those that are listed with their bound in its test",
    mechanism: ["infra/retry.ts", "test/support/retry-loops.ts"],
    test: {
      file: "test/guardrails/retry-door.test.ts",
      title: "nothing in the product tries again past the door, and every exception is still one",
    },
    disable: [{ file: "infra/model/anthropic.ts", find: "maxRetries: 0,", replace: "maxRetries: 2," }],
  },
];
