// What a server says of its rate limits is believed where it is told whole, and measured on the server's own clock.
import { expect, it } from "vitest";
import { limitsFrom } from "../../../../infra/model/rate-limits.ts";

const NOW_MS = Date.parse("2026-11-20T12:00:00Z");
const of = (name: string, limit: string, remaining: string, reset: string): Record<string, string> => ({
  [`anthropic-ratelimit-${name}-limit`]: limit,
  [`anthropic-ratelimit-${name}-remaining`]: remaining,
  [`anthropic-ratelimit-${name}-reset`]: reset,
});
const inSeconds = (seconds: number): string => new Date(NOW_MS + seconds * 1_000).toISOString();

it("reads all four limits, with what is left and how long until they are whole", () => {
  const headers = new Headers({
    ...of("requests", "50", "3", inSeconds(20)),
    ...of("tokens", "90000", "100", inSeconds(30)),
    ...of("input-tokens", "80000", "0", inSeconds(40)),
    ...of("output-tokens", "10000", "9999", inSeconds(1)),
  });
  expect(limitsFrom(headers, NOW_MS)).toEqual({
    requests: { limit: 50, remaining: 3, resetMs: 20_000 },
    tokens: { limit: 90_000, remaining: 100, resetMs: 30_000 },
    inputTokens: { limit: 80_000, remaining: 0, resetMs: 40_000 },
    outputTokens: { limit: 10_000, remaining: 9_999, resetMs: 1_000 },
  });
});

it("goes by the server's clock where it tells one: ours may be wrong", () => {
  const headers = new Headers({ ...of("requests", "50", "3", inSeconds(20)), date: new Date(NOW_MS).toUTCString() });
  expect(limitsFrom(headers, NOW_MS + 9_999_999)?.requests?.resetMs).toBe(20_000);
});

it.each([
  ["nothing", {}],
  ["no number", of("requests", "many", "3", inSeconds(20))],
  ["no reset", of("requests", "50", "3", "soon")],
  ["a limit of none", of("requests", "0", "0", inSeconds(20))],
  ["half of it", { "anthropic-ratelimit-requests-limit": "50" }],
  ["a negative rest", of("requests", "50", "-3", inSeconds(20))],
])("takes nothing from %s", (_, headers) => {
  expect(limitsFrom(new Headers(headers as Record<string, string>), NOW_MS)).toBeNull();
});

it("bounds what it is told: no more left than there is, no reset in the past or far away", () => {
  const headers = new Headers({
    ...of("requests", "50", "900", inSeconds(-20)),
    ...of("tokens", "50", "1", inSeconds(999_999)),
  });
  expect(limitsFrom(headers, NOW_MS)).toEqual({
    requests: { limit: 50, remaining: 50, resetMs: 0 },
    tokens: { limit: 50, remaining: 1, resetMs: 600_000 },
  });
});
