// Each refusal of a server, in the words that Redis 6 and 7 use, becomes the one error that says what to do.
import { describe, expect, it } from "vitest";
import { SwarmError } from "../../../infra/errors.ts";
import { isNoScript, storeErrorFrom } from "../../../infra/redis/store-failure.ts";
import { StoreError } from "../../../infra/store-error.ts";

const reply = (message: string): Error => Object.assign(new Error(message), { name: "ReplyError" });

describe("a failure of the server", () => {
  it.each([
    ["LOADING Redis is loading the dataset in memory", "loading", true],
    ["BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "busy", true],
    ["READONLY You can't write against a read only replica. script: 5f1, on @user_script:28.", "readonly", false],
    ["ERR Error running script (call to f_ab): @user_script:28: -READONLY You can't write", "readonly", false],
    ["-READONLY You can't write against a read only replica.", "readonly", false],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "readonly", false],
    ["OOM command not allowed when used memory > 'maxmemory'. script: 5f1, on @user_script:9.", "out_of_memory", false],
    ["ERR Error running script (call to f_ab): @user_script: 9: -OOM command not allowed", "out_of_memory", false],
    ["MISCONF Redis is configured to save RDB snapshots, but it's currently unable to", "misconfigured", false],
    ["MISCONF Errors writing to the AOF file: No space left on device", "misconfigured", false],
    ["NOREPLICAS Not enough good replicas to write.", "misconfigured", false],
    ["NOAUTH Authentication required.", "forbidden", false],
    ["NOPERM this user has no permissions to run the 'evalsha' command", "forbidden", false],
    ["WRONGTYPE Operation against a key holding the wrong kind of value", "broken", false],
    ["BUSYGROUP Consumer Group name already exists", "broken", false],
    ["ERR user_script:3: attempt to index a nil value", "broken", false],
  ])("%s", (message, trouble, retry) => {
    const cause = reply(message);
    const error = storeErrorFrom(cause, "commit", "Redis at here:1");
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ trouble, code: `store.${trouble}`, retry, exit: 7, cause });
    expect(error.message).toContain("commit");
    expect(error.hint).toMatch(/\w/);
  });

  it.each([
    ["a connection that breaks", Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }), "unreachable"],
    ["a connection that was closed", new Error("Connection is closed."), "unreachable"],
    ["a door that found a replica", new SwarmError("redis.replica", "it is"), "readonly"],
    ["a door that found it loading", new SwarmError("redis.loading", "it is"), "loading"],
    ["a door that found it evicting", new SwarmError("redis.eviction", "it may"), "misconfigured"],
    ["a door that was shut", new SwarmError("redis.unreachable", "it is", { cause: new Error("x") }), "unreachable"],
    [
      "a door behind which a command was refused",
      new SwarmError("redis.unreachable", "it is", { cause: reply("OOM command not allowed") }),
      "out_of_memory",
    ],
  ])("%s", (_, cause, trouble) => {
    expect(storeErrorFrom(cause, "claim", "Redis at here:1")).toMatchObject({ trouble, cause });
  });

  it("that is told already stays as it is", () => {
    const error = new StoreError("timeout", "late");
    expect(storeErrorFrom(error, "claim", "here")).toBe(error);
  });

  it("is a missing script only where the server says so", () => {
    expect(isNoScript(reply("NOSCRIPT No matching script. Please use EVAL."))).toBe(true);
    expect(isNoScript(reply("ERR NOSCRIPT"))).toBe(false);
    expect(isNoScript(new Error("NOSCRIPT"))).toBe(false);
  });
});
