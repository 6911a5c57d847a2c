/** The W3C header `traceparent`: how a job in a queue, which another process may take, says to which trace it belongs. */
import { isSpanContextValid, type TextMapPropagator, trace } from "@opentelemetry/api";

const HEADER = "traceparent";
const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export const traceParents: TextMapPropagator = {
  inject(context, carrier, setter) {
    const found = trace.getSpanContext(context);
    if (found === undefined || !isSpanContextValid(found)) return;
    const flags = found.traceFlags.toString(16).padStart(2, "0");
    setter.set(carrier, HEADER, `00-${found.traceId}-${found.spanId}-${flags}`);
  },
  extract(context, carrier, getter) {
    const given = getter.get(carrier, HEADER);
    const match = typeof given === "string" ? FORM.exec(given) : null;
    if (match === null) return context;
    const [, traceId = "", spanId = "", flags = "00"] = match;
    const found = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
    return isSpanContextValid(found) ? trace.setSpanContext(context, found) : context;
  },
  fields: () => [HEADER],
};
