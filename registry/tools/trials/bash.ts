/** What Bash promises, as calls that can be made again: only with what every system has. */
import type { ToolExample } from "../../tool.ts";

export const examples: readonly ToolExample[] = [
  {
    title: "runs in the workspace's folder and returns exit code, output and errors",
    files: { "a.txt": "one\n" },
    input: { command: "cat a.txt; echo wrong >&2; exit 3" },
    ok: false,
    says: ["exit code 3\none\nwrong"],
  },
  {
    title: "a line that only looks leaves everything as it is",
    files: { "a.txt": "b\na\n", "src/b.txt": "" },
    input: { command: "ls && sort a.txt | head -1 && grep -c a a.txt" },
    ok: true,
    says: ["exit code 0", "a.txt\nsrc\na\n1"],
  },
  {
    title: "changes what it is told to, in the workspace",
    files: { "a.txt": "one\n", "b.txt": "two\n" },
    input: { command: "echo more >>a.txt && rm b.txt && mkdir -p new && echo x >new/c.txt" },
    ok: true,
    says: ["exit code 0", "[no output]"],
    leaves: { "a.txt": "one\nmore\n", "b.txt": null, "new/c.txt": "x\n" },
  },
  {
    title: "each call is a shell of its own, without a terminal and without input",
    files: {},
    input: { command: '[ -t 0 ] || echo no terminal; read -r line || echo no input; echo "[$STATEHIVE_LEFT]"' },
    ok: true,
    says: ["no terminal\nno input\n[]"],
  },
  {
    title: "it is stopped when its time is over",
    files: {},
    input: { command: "echo begun; sleep 30; echo over", timeout: 2_500 },
    ok: false,
    says: ["its time was over", "begun"],
  },
  {
    title: "of long output the beginning and the end are shown, and how much is missing is said",
    files: {},
    input: { command: "echo first; for i in {1..9000}; do echo 0123456789; done; echo last" },
    ok: true,
    says: ["exit code 0\nfirst\n", "characters left out here]", "\nlast"],
  },
  {
    title: "no way leads outside",
    files: {},
    input: { command: "(exec 3<>/dev/tcp/192.0.2.1/80) 2>/dev/null || echo shut in" },
    ok: true,
    says: ["shut in"],
  },
  {
    title: "a timeout that is too long is refused at the door",
    files: {},
    input: { command: "true", timeout: 600_001 },
    ok: false,
    says: ["timeout"],
  },
];
