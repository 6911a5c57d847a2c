// REDIS_URL at its door: what it means, what is refused, and that a password shows up nowhere.
import { describe, expect, it } from "vitest";
import { SwarmError } from "../../../infra/errors.ts";
import { parseRedisUrl } from "../../../infra/redis/redis-url.ts";

function refusal(url: string): SwarmError {
  try {
    parseRedisUrl(url);
  } catch (error) {
    if (error instanceof SwarmError) return error;
    throw error;
  }
  throw new Error(`${url} was accepted`);
}

describe("REDIS_URL", () => {
  it.each([
    ["redis://localhost", { host: "localhost", port: 6379, db: 0 }],
    ["redis://10.0.0.1:7000/3", { host: "10.0.0.1", port: 7000, db: 3 }],
    ["redis://[::1]:6380?db=2", { host: "::1", port: 6380, db: 2 }],
    ["redis://:p%40ss@h", { host: "h", port: 6379, db: 0, password: "p@ss" }],
    ["redis://u:p@h?family=6", { host: "h", port: 6379, db: 0, username: "u", password: "p", family: 6 }],
    ["rediss://h:6380", { host: "h", port: 6380, db: 0, tls: { servername: "h" } }],
    ["unix:///run/r.sock?db=1", { path: "/run/r.sock", db: 1 }],
    ["unix://u:p@/run/r.sock", { path: "/run/r.sock", db: 0, username: "u", password: "p" }],
  ])("%s means exactly its parts", (url, options) => {
    expect(parseRedisUrl(url).options).toEqual(options);
  });

  it.each([
    "",
    "localhost:6379",
    "http://h",
    "redis://",
    "redis://h/db",
    "redis://h?tls=no",
    "redis://h/-1",
    "unix://h/x",
    "redis://%zz@h",
  ])("%j is a configuration error", (url) => {
    expect(refusal(url)).toMatchObject({ code: "redis.bad_url", exit: 2, retry: false });
    expect(refusal(url).hint).toContain("redis://");
  });

  it("Sentinel and Cluster addresses are refused as such", () => {
    expect(refusal("redis+sentinel://h:26379/mymaster").code).toBe("redis.sentinel_unsupported");
    expect(refusal("redis://a:7000,b:7001").code).toBe("redis.cluster_unsupported");
  });

  it("a password is in no description and in no error", () => {
    expect(parseRedisUrl("redis://u:s3cret@h:1/0").describe).toBe("redis://h:1/0");
    for (const url of [
      "redis://u:s3cret@h/x",
      "http://u:s3cret@h",
      "redis://u:s3cret@a,b",
      "redis://u:s3cret@h:port",
    ]) {
      const error = refusal(url);
      expect(`${error.message} ${error.hint} ${error.cause}`).not.toContain("s3cret");
    }
  });
});
