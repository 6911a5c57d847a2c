// The rules ask before a file is written that runs in somebody's name; a command in the sandbox meets no rules any more.
import { expect, it } from "vitest";
import { protectionOf } from "../../infra/bwrap/protected-names.ts";
import { PROTECTED } from "../../registry/permission/protected-paths.ts";

/** Taken apart by another file: a command may commit, and may not touch hooks and settings. */
const TAKEN_APART = new Set([".git"]);

const runsInSomebodysName = PROTECTED.filter(({ what }) =>
  /shell or editor runs|git's own data|what CI runs|settings of agents/.test(what),
);
const names = runsInSomebodysName
  .flatMap(({ paths }) => paths.split(" "))
  .map((path) => path.replace(/\/$/, ""))
  .filter((path) => !/[*/]/.test(path) && !TAKEN_APART.has(path));

it("what the rules ask about before it is written, a command in the sandbox cannot write", () => {
  expect(runsInSomebodysName).toHaveLength(4);
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => protectionOf(name) === null)).toEqual([]);
});
