/** Spans where they belong: under the ids that were computed for them, and none that belongs to no run. */
import { trace } from "@opentelemetry/api";
import { type IdGenerator, RandomIdGenerator, type Sampler, SamplingDecision } from "@opentelemetry/sdk-trace-base";
import type { SpanPlace } from "./trace-ids.ts";

/** Marks what we tell of ourselves. */
const RUN = "swarm.run.id";

/** What queues do to keep house has no parent, comes every second, and says nothing of any run. */
export const ofRuns: Sampler = {
  shouldSample(context, _traceId, _name, _kind, attributes) {
    const parent = trace.getSpanContext(context);
    const wanted = parent === undefined ? attributes[RUN] !== undefined : (parent.traceFlags & 1) === 1;
    return { decision: wanted ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  },
  toString: () => "spans of runs",
};

export interface GivenIds {
  readonly generator: IdGenerator;
  /** The one span that `act` begins, at once, gets this place; others are random. */
  with(place: SpanPlace, act: () => void): void;
}

export function givenIds(): GivenIds {
  const random = new RandomIdGenerator();
  let given: SpanPlace | null = null;
  return {
    generator: {
      generateTraceId: () => given?.trace ?? random.generateTraceId(),
      generateSpanId: () => given?.span ?? random.generateSpanId(),
    },
    with(place, act) {
      given = place;
      try {
        act();
      } finally {
        given = null;
      }
    },
  };
}
