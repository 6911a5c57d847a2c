// A commit leaves as the very bytes that the client would make of it, whatever its arguments hold.
import fc from "fast-check";
import { Command } from "ioredis";
import { describe, expect, it } from "vitest";
import { scriptCommand } from "../../../infra/redis/wire.ts";

const text = fc.string({ unit: "binary", maxLength: 60 }).map((one) => Buffer.from(one).toString());
const argument = fc.oneof(
  text,
  fc.nat(),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
);

describe("a script's command", () => {
  it("is what the client itself would send", () => {
    const sha = "0123456789abcdef0123456789abcdef01234567";
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), fc.array(argument, { maxLength: 20 }), (keys, given) => {
        const usual = new Command("evalsha", [sha, keys.length, ...keys, ...given]);
        const expected = Buffer.from(usual.toWritable({}));
        // Twice: the second time the keys are known.
        for (let time = 0; time < 2; time += 1) {
          expect(Buffer.from(scriptCommand(sha, keys, given).toWritable({})).equals(expected)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
