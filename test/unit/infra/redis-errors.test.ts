// The base error: what every thrown error carries to the edge.
import { expect, it } from "vitest";
import { SwarmError } from "../../../infra/errors.ts";

it("carries code, hint, exit, retry and cause, and keeps the name of its class", () => {
  class NarrowError extends SwarmError {}
  const cause = new Error("below");
  const error = new NarrowError("x.y", "It failed.", { hint: "Do this.", retry: true, exit: 7, cause });
  expect(error).toMatchObject({
    name: "NarrowError",
    code: "x.y",
    message: "It failed.",
    hint: "Do this.",
    retry: true,
    exit: 7,
  });
  expect(error.cause).toBe(cause);
});

it("without details it is final, exits 1 and hints at nothing", () => {
  const error = new SwarmError("x.y", "It failed.");
  expect(error).toMatchObject({ retry: false, exit: 1 });
  expect(error.hint).toBeUndefined();
  expect(error.cause).toBeUndefined();
});
