// Ids that are computed: equal wherever they are asked for, and of the form that OpenTelemetry takes.
import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { expect, it } from "vitest";
import { COORDINATOR_ACTOR } from "../../../../infra/store.ts";
import { guardedExporter } from "../../../../infra/telemetry/guarded-exporter.ts";
import { tellOnce } from "../../../../infra/telemetry/open-tracing.ts";
import { telemetrySettings } from "../../../../infra/telemetry/settings.ts";
import {
  agentPlace,
  effectPlace,
  runPlace,
  traceIdOf,
  traceInLine,
  turnPlace,
} from "../../../../infra/telemetry/trace-ids.ts";
import { traceParents } from "../../../../infra/telemetry/trace-parents.ts";
import { tellingEvents } from "../../../../infra/telemetry/traced-event.ts";
import type { LoggedEvent } from "../../../../machines/run-event.ts";

it("a run's trace and its spans are a function of their names, and no two names share one", () => {
  const places = [
    runPlace("r_1"),
    agentPlace("r_1", "a_1"),
    turnPlace("r_1", "a_1", 1),
    turnPlace("r_1", "a_1", 11),
    turnPlace("r_1", "a_11", 1),
    effectPlace("r_1", "r_1/a_1/0.1:0"),
    effectPlace("r_1", "r_1/a_1/1.1:0"),
  ];
  for (const { trace: id, span } of places) {
    expect(id).toBe(traceIdOf("r_1"));
    expect([id, span]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{16}$/)]);
  }
  expect(new Set(places.map(({ span }) => span)).size).toBe(places.length);
  // Written out: another build that computes them otherwise would tear the traces of runs that go on.
  expect(runPlace("r_1")).toEqual({ trace: "6b05783868463fdbff74fa87fb083166", span: "736873899cc60f2a" });
  expect(traceIdOf("r_2")).not.toBe(traceIdOf("r_1"));
});

it("a log line has the trace of the run that it speaks of, and others have none", () => {
  expect(traceInLine({ run: "r_1", msg: "x" })).toEqual({ trace_id: traceIdOf("r_1") });
  expect(traceInLine({ msg: "x" })).toEqual({});
});

it("an event belongs to the effect it tells of, else to its turn, its agent or its run; with telemetry off to nothing", () => {
  const signed = { v: 1 as const, seq: 1, at: "2026-01-01T00:00:00.000Z", run: "r_1", actor: "a_1" };
  const call = { effect: "r_1/a_1/0.3:0", call: "c", tool: "Read" };
  const intended: LoggedEvent = { ...signed, type: "tool.intended", ...call, input: {} };
  const called: LoggedEvent = { ...signed, type: "model.called", effect: "r_1/a_1/0.2:0", turn: 0, attempt: 1 };
  const moved: LoggedEvent = { ...signed, type: "agent.state", from: "a", to: "b" };
  const tell = tellingEvents(telemetrySettings({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c" }));
  for (const [event, place] of [
    [intended, effectPlace("r_1", call.effect)],
    [called, turnPlace("r_1", "a_1", 1)],
    [moved, agentPlace("r_1", "a_1")],
    [{ ...moved, actor: COORDINATOR_ACTOR }, runPlace("r_1")],
    [{ ...signed, actor: "-", type: "run.parked", reason: "asked" }, runPlace("r_1")],
  ] as const) {
    expect(tell(event)).toEqual({ ...event, trace_id: place.trace, span_id: place.span });
    expect(tellingEvents(undefined)(event)).toBe(event);
  }
});

it("what a queue carries leads back to the same parent, and what is no traceparent leads nowhere", () => {
  const { trace: traceId, span: spanId } = agentPlace("r_1", "a_1");
  const carrier: Record<string, string> = {};
  traceParents.inject(trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 }), carrier, {
    set: (into: Record<string, string>, key, value) => void Object.assign(into, { [key]: value }),
  });
  const getter = { get: (from: Record<string, string>, key: string) => from[key], keys: Object.keys };
  const back = trace.getSpanContext(traceParents.extract(ROOT_CONTEXT, carrier, getter));
  expect(back).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true });
  for (const traceparent of ["", "00-x-y-01", `00-${"0".repeat(32)}-${spanId}-01`]) {
    expect(traceParents.extract(ROOT_CONTEXT, { traceparent }, getter)).toBe(ROOT_CONTEXT);
  }
});

it("telemetry is off without an endpoint, and where it is switched off", () => {
  expect(telemetrySettings({ OTEL_SERVICE_NAME: "x" })).toBeUndefined();
  const on = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/base/" };
  expect(telemetrySettings({ ...on, OTEL_SDK_DISABLED: "true" })).toBeUndefined();
  expect(telemetrySettings({ ...on, OTEL_RESOURCE_ATTRIBUTES: "service.name=a,b=c%3D" })).toEqual({
    ...{ tracesUrl: "http://c:4318/base/v1/traces", metricsUrl: "http://c:4318/base/v1/metrics", headers: {} },
    ...{ serviceName: "a", attributes: { b: "c=" } },
  });
});

it("a variable that nobody can follow is named, and its value is not", () => {
  const on = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c" };
  for (const [name, value] of [
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://s3cret@c"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc-s3cret"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "s3cret"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=%s3cret"],
    ["OTEL_RESOURCE_ATTRIBUTES", `s3cret=${"x".repeat(20_000)}`],
  ] as const) {
    const asked = () => telemetrySettings({ ...on, [name]: value });
    expect(asked).toThrow(name);
    expect(asked).not.toThrow("s3cret");
  }
});

it("an exporter that fails three times in a row is left alone, and asked again after its rest", () => {
  let atMs = 0;
  let asked = 0;
  let well = false;
  const exporter = guardedExporter(
    {
      export: (_spans, done) => {
        asked += 1;
        done({ code: well ? 0 : 1 });
      },
      shutdown: () => Promise.resolve(),
    },
    () => atMs,
  );
  expect(exporter.failing()).toBe(false);
  const codes: number[] = [];
  const send = () => exporter.export([], ({ code }) => codes.push(code));
  for (let at = 0; at < 5; at += 1) send();
  expect([asked, codes, exporter.failing()]).toEqual([3, [1, 1, 1, 0, 0], true]);
  well = true;
  atMs = 60_000;
  send();
  send();
  expect([asked, codes.slice(5), exporter.failing()]).toEqual([5, [0, 0], false]);
});

it("whatever goes wrong with telemetry, the log says so once", () => {
  const said: unknown[] = [];
  const tell = tellOnce({ warn: (...words: unknown[]) => void said.push(words) });
  tell("first");
  tell("second");
  expect(said).toEqual([[{ why: "first" }, expect.stringMatching(/told once/)]]);
});
