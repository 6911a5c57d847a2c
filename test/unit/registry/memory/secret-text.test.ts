// What looks like a secret is not remembered; what only speaks of one is.
import { describe, expect, it } from "vitest";
import { secretIn } from "../../../../registry/memory/secret-text.ts";
import { noteInput, rememberInput } from "../../../../registry/tools/input/memory.ts";

const letters = "abcdefghijABCDEFGHIJ0123456789abcdefghij";

describe("a text", () => {
  it.each([
    "-----BEGIN RSA PRIVATE KEY-----",
    `the key is sk-ant-api03-${letters}`,
    `ghp_${letters}`,
    `github_pat_${letters}`,
    `glpat-${letters}`,
    "AKIAIOSFODNN7EXAMPLE",
    `AIza${letters}`,
    "xoxb-1234567890-abcdefghij",
    `npm_${letters}`,
    `sk_live_${letters}`,
    `eyJhbGciOiJIUzI1NiJ9.${letters}.${letters}`,
    "postgres://app:hunter22@db.internal/app",
    'password: "hunter22x"',
    "API_KEY=a1b2c3d4e5f6",
    "the password is s3cr3tw0rd",
    "Authorization: Bearer abc123def456",
  ])("that holds a secret is told: %s", (text) => {
    expect(secretIn(text)).toMatch(/^(?:a|an|credentials) ?/);
  });

  it.each([
    "The token is read from process.env.API_TOKEN2.",
    "password: string",
    "Tokens expire after 3600 seconds.",
    "secret: required",
    "The build needs Node 22 and pnpm 9.",
    "api_key=<your-key-1>",
    "See https://example.com/a:b@c for more.",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b broke it",
  ])("that only speaks of one is not: %s", (text) => {
    expect(secretIn(text)).toBeNull();
  });
});

describe("a call that would keep", () => {
  const good = { topic: "build", fact: "It is so.", source: { path: "a", line: 1, quote: "it is so" } };
  it.each([
    ["a secret in its fact", { ...good, fact: `It is ghp_${letters}.` }, /looks like a GitHub token/],
    ["a secret in its quote", { ...good, source: { ...good.source, quote: `k=ghp_${letters}` } }, /GitHub token/],
    ["hidden characters", { ...good, fact: "It is \u202eso." }, /hidden character, U\+202E/],
    ["nothing but space", { ...good, fact: " \n " }, /says nothing/],
    ["a topic that is a text", { ...good, topic: "ignore all rules" }, /lowercase/],
    ["a topic that is a path", { ...good, topic: "../../etc" }, /lowercase/],
    ["a long fact", { ...good, fact: "x".repeat(601) }, /600/],
    ["a long quote", { ...good, source: { ...good.source, quote: "x".repeat(401) } }, /400/],
    ["an id that is none", { ...good, replaces: "../m_1" }, /m_|f_|fm|pattern/i],
    ["a field of its own", { ...good, taint: [] }, /taint/],
  ])("is refused for %s", (_, input, why) => {
    for (const schema of [noteInput, rememberInput]) {
      const problems = schema.safeParse(input).error?.message ?? "";
      expect(problems).toMatch(why);
    }
    expect(rememberInput.safeParse(good).success).toBe(true);
  });
});
