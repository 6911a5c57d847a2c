/** What OpenTelemetry's standard variables say here. Without an endpoint telemetry is off, and none of it is loaded. */
import { SwarmError } from "../errors.ts";

export interface TelemetrySettings {
  readonly tracesUrl: string;
  readonly metricsUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly attributes: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SERVICE = "statehive";
/** Of one list of keys and values, as characters and as pairs. */
const LIST_MAX = 16_384;
const PAIRS_MAX = 64;

/** Undefined: off. Throws SwarmError `config.environment`, exit 2, where a variable says what nobody can follow. */
export function telemetrySettings(env: Environment): TelemetrySettings | undefined {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim() ?? "";
  if (endpoint === "" || env.OTEL_SDK_DISABLED?.trim().toLowerCase() === "true") return undefined;
  const protocol = env.OTEL_EXPORTER_OTLP_PROTOCOL?.trim() ?? "";
  if (!/^(http\/json)?$/.test(protocol)) {
    throw bad("OTEL_EXPORTER_OTLP_PROTOCOL", "only http/json is spoken here", "Unset it, or set it to http/json.");
  }
  const base = addressIn(endpoint);
  const { "service.name": named, ...attributes } = pairsIn("OTEL_RESOURCE_ATTRIBUTES", env);
  return {
    tracesUrl: `${base}/v1/traces`,
    metricsUrl: `${base}/v1/metrics`,
    headers: pairsIn("OTEL_EXPORTER_OTLP_HEADERS", env),
    serviceName: env.OTEL_SERVICE_NAME?.trim() || named || SERVICE,
    attributes,
  };
}

function addressIn(endpoint: string): string {
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return endpoint.replace(/\/+$/, "");
  const hint = "Set it to something like http://127.0.0.1:4318, or unset it.";
  throw bad("OTEL_EXPORTER_OTLP_ENDPOINT", "it is not an http or https address", hint);
}

/** `key=value,key=value`, values percent-encoded. The message never holds a value: headers carry credentials. */
function pairsIn(name: string, env: Environment): Record<string, string> {
  const text = env[name]?.trim() ?? "";
  const parts = text.split(",").filter((part) => part.trim() !== "");
  const hint = "Write key=value,key=value with values percent-encoded.";
  if (text.length > LIST_MAX || parts.length > PAIRS_MAX) throw bad(name, "it is too long", hint);
  return Object.fromEntries(
    parts.map((part, at) => {
      const [, key = "", value = ""] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(part) ?? [];
      const decoded = key === "" ? null : decodedFrom(value.trim());
      if (decoded === null) throw bad(name, `its part ${at + 1} is no key=value`, hint);
      return [key, decoded];
    }),
  );
}

function decodedFrom(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

const bad = (name: string, why: string, hint: string): SwarmError =>
  new SwarmError("config.environment", `${name}: ${why}`, { exit: 2, hint });
