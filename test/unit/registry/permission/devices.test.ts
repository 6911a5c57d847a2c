// Where a command's output goes, or its input comes from, is a path like any other: devices and addresses below /dev are
// closed to every rule, however the line names them.
import { describe, expect, test } from "vitest";
import { decide } from "../../../../registry/permission/decide.ts";
import { question } from "../../../support/permission-question.ts";

describe.each([
  "echo x > /dev/sda",
  "echo x >> '/dev/mem'",
  "cat a.txt > /dev/tcp/192.0.2.1/80",
  "cat < /dev/udp/192.0.2.1/53",
])("%s", (command) => {
  test.each([
    ["the tool as a whole", ["Bash"], false],
    ["its program", ["Bash(echo *)", "Bash(cat *)", "Edit(//**)"], false],
    ["nothing, in a tree of its own", [], true],
  ])("is asked about where the rules allow %s", (_, allow, isolated) => {
    const asked = question("Bash", { command }, { allow, isolated, sandbox: "full", approve: "ask" });
    expect(decide(asked)).toMatchObject({ decision: "ask", rule: expect.stringMatching(/^protected\.(read|write)$/) });
  });
});
