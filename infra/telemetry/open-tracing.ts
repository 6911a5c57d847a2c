/**
 * OpenTelemetry, opened: spans and metrics go out as OTLP over HTTP in JSON. Loaded only where an endpoint is set. What
 * the collector does disturbs nobody: queues are bounded, one that fails is left alone for a while, and told of once.
 */
import { setTimeout as pause } from "node:timers/promises";
import {
  context,
  DiagLogLevel,
  diag,
  metrics,
  propagation,
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { BullMQOtel } from "bullmq-otel";
import type { Log } from "../log.ts";
import { VERSION } from "../version.ts";
import { asyncContexts } from "./async-contexts.ts";
import { guardedExporter } from "./guarded-exporter.ts";
import { observeSwarm } from "./observe-swarm.ts";
import { givenIds, ofRuns } from "./placed-spans.ts";
import type { TelemetrySettings } from "./settings.ts";
import { traceParents } from "./trace-parents.ts";
import type { SpanTold, Tracing } from "./tracing.ts";

/** Milliseconds that one export may take, its retries included. */
const EXPORT_MS = 3_000;
/** Milliseconds that a closing process waits for what is left to go out; none where nothing got out before. */
const CLOSE_MS = 1_000;
/** Spans that wait at most (the newest are dropped), those of one request, and milliseconds between two requests. */
const SPANS = { maxQueueSize: 4_096, maxExportBatchSize: 512, scheduledDelayMillis: 1_000 };
/** Characters of one attribute. */
const VALUE_MAX = 512;
const METRICS_MS = 15_000;

export interface TracingOptions {
  /** Names this process among those of the swarm. */
  readonly instance: string;
  /** Milliseconds between two exports of metrics. */
  readonly metricsMs?: number;
}

/** Sets OpenTelemetry's globals, because BullMQ's instrumentation knows no other way: one in a process. */
export function openTracing(settings: TelemetrySettings, log: Log, options: TracingOptions): Tracing {
  const resource = resourceFromAttributes({
    ...settings.attributes,
    "service.name": settings.serviceName,
    "service.version": VERSION,
    "service.instance.id": options.instance,
  });
  const headers = { ...settings.headers };
  const told = tellOnce(log);
  diag.setLogger({ error: told, warn: told, info() {}, debug() {}, verbose() {} }, { logLevel: DiagLogLevel.WARN });
  const ids = givenIds();
  const exporter = guardedExporter(
    new OTLPTraceExporter({ url: settings.tracesUrl, headers, timeoutMillis: EXPORT_MS }),
  );
  const tracerProvider = new BasicTracerProvider({
    resource,
    sampler: ofRuns,
    idGenerator: ids.generator,
    generalLimits: { attributeValueLengthLimit: VALUE_MAX },
    spanProcessors: [new BatchSpanProcessor(exporter, { ...SPANS, exportTimeoutMillis: EXPORT_MS })],
  });
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: settings.metricsUrl, headers, timeoutMillis: EXPORT_MS }),
    exportIntervalMillis: options.metricsMs ?? METRICS_MS,
    exportTimeoutMillis: EXPORT_MS,
  });
  const meterProvider = new MeterProvider({ resource, readers: [reader] });
  trace.setGlobalTracerProvider(tracerProvider);
  context.setGlobalContextManager(asyncContexts());
  propagation.setGlobalPropagator(traceParents);
  const tracer = tracerProvider.getTracer("statehive", VERSION);
  const meter = meterProvider.getMeter("statehive", VERSION);
  const steps = meter.createCounter("swarm.steps", {
    unit: "{step}",
    description: "Steps that this process committed",
  });

  return {
    tracerProvider,
    queues: new BullMQOtel({ tracerName: "bullmq", version: VERSION }),
    tell: (said) => ids.with(said.place, () => write(tracer, said)),
    within: ({ trace: traceId, span: spanId }, act) =>
      context.with(trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED }), act),
    stepped: (agentType) => steps.add(1, { "gen_ai.agent.name": agentType }),
    observe: (look) => observeSwarm(meter, look, told),
    async close(patienceMs = CLOSE_MS) {
      const ends = Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()]).then(() => true);
      const late = new AbortController();
      const isOut = await Promise.race([
        ends,
        pause(exporter.failing() ? 0 : patienceMs, false, { signal: late.signal }).catch(() => false),
      ]);
      late.abort();
      if (!isOut || exporter.failing()) told("what was left at the end was not taken");
      for (const one of [trace, context, propagation, metrics, diag]) one.disable();
    },
  };
}

function write(tracer: ReturnType<BasicTracerProvider["getTracer"]>, said: SpanTold): void {
  const { name, place, parent, startMs, endMs, attributes, error } = said;
  const spanContext = { traceId: place.trace, spanId: parent ?? "", traceFlags: TraceFlags.SAMPLED };
  const under = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext);
  const span = tracer.startSpan(name, { startTime: startMs, attributes: { ...attributes } }, under);
  if (error !== undefined) span.setAttribute("error.type", error).setStatus({ code: SpanStatusCode.ERROR });
  span.end(Math.max(startMs, endMs));
}

/** A collector that is away would fill the log with one sentence. */
export function tellOnce(log: Pick<Log, "warn">): (message: string) => void {
  let isTold = false;
  return (message) => {
    if (isTold) return;
    isTold = true;
    log.warn({ why: message.slice(0, 500) }, "telemetry does not get out; told once, and no run waits for it");
  };
}
