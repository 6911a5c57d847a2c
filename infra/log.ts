/** pino to stderr: stdout is data. Secrets are masked by key before they are written. */
import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error" | "level">;

const SECRETS = [
  "apiKey",
  "authToken",
  "token",
  "password",
  "authorization",
  "*.apiKey",
  "*.authToken",
  "*.token",
  "*.password",
  "headers.authorization",
  'headers["x-api-key"]',
];

/** `level` is a pino level. Writes synchronously, so that a killed process has said what it did. */
export function openLog(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
  /** What a line says besides, by what it says. */
  also?: (said: object) => object,
): Logger {
  const mixin = also === undefined ? {} : { mixin: also };
  const redact = { paths: SECRETS, censor: "[secret]" };
  return pino({ level, base: { pid: process.pid }, redact, ...mixin }, destination);
}
