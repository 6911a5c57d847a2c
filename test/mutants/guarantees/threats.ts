/** What keeps those out who mean harm (docs/threat-model.md names them all); here what one switch can take away. */
import type { Guarantee } from "../guarantee.ts";

const hostile = "test/guardrails/hostile-repository.test.ts";
const confined = {
  file: "test/guardrails/confined-command.test.ts",
  title: "in a sandbox a command that may run finds no key, no data, no socket and no network, plants nothing",
  built: true,
} as const;
const settings = "test/guardrails/operator-settings.test.ts";
const reach = "test/guardrails/approval-reach.test.ts";
const group = "Threats";

export const threats: readonly Guarantee[] = [
  {
    id: "deny-is-deny",
    group,
    promise: "An agent that obeys hostile text is refused as often as it asks, and the audit names each attempt",
    condition: "nobody can be asked, and no rule allows it",
    mechanism: ["registry/permission/answer.ts", "actors/runtime/judge.ts"],
    test: { file: hostile, title: "is refused as often as it asks", built: true },
    disable: [
      {
        file: "registry/permission/answer.ts",
        find: 'decision: "deny", risk, rule, reason: `',
        replace: 'decision: "allow", risk, rule, reason: `',
      },
    ],
  },
  {
    id: "no-path-no-tool",
    group,
    promise: "An agent runs no tool that its type's chart does not have, even where the judge let the call pass",
    condition: "built-in tools; of plugins, as the operator vouched for them",
    mechanism: ["machines/rights.ts", "actors/runtime/effects/tool-run.ts"],
    test: {
      file: "test/guardrails/forbidden-tools.test.ts",
      title: "gets none of them either where the judge let them all pass",
    },
    disable: [
      {
        file: "actors/runtime/effects/tool-run.ts",
        find: "!mayRun(context.rights, tool)",
        replace: "mayRun(context.rights, tool) === null",
      },
    ],
  },
  {
    id: "no-hooks",
    group,
    promise: "Git starts no program that a repository's own settings name: no hook, no monitor",
    condition: "git that statehive starts itself",
    mechanism: ["infra/git/run-git.ts"],
    test: { file: hostile, title: "starts no program that the repository's own settings name" },
    disable: [{ file: "infra/git/run-git.ts", find: '["core.hooksPath", "/dev/null"],', replace: "" }],
  },
  {
    id: "no-filters",
    group,
    promise: "… no filter, and no merge program",
    condition: "the same; those of the user's own settings are the user's",
    mechanism: ["infra/git/repository-programs.ts"],
    test: { file: hostile, title: "starts no program that the repository's own settings name" },
    disable: [
      {
        file: "infra/git/run-git.ts",
        find: "programsOff(named.out)",
        replace: "programsOff(named.out).slice(0, 0)",
      },
    ],
  },
  {
    id: "no-other-tree",
    group,
    promise: "A repository that claims a folder it does not lie in gets nothing merged there",
    condition: "always",
    mechanism: ["infra/git/repository.ts"],
    test: { file: hostile, title: "lends no tree to a repository that claims a folder it does not lie in" },
    disable: [{ file: "infra/git/repository.ts", find: "|| there.out !== here.out", replace: "|| there.out === null" }],
  },
  {
    id: "sandbox-network",
    group,
    promise: "A command has no network",
    condition: "a sandbox, and the operator did not grant it",
    mechanism: ["infra/bwrap/confine.ts"],
    test: confined,
    disable: [{ file: "infra/bwrap/confine.ts", find: '...(network ? [] : ["--unshare-net"]),', replace: "" }],
  },
  {
    id: "sandbox-environment",
    group,
    promise: "A command sees no credential in its environment",
    condition: "always",
    mechanism: ["infra/command-environment.ts"],
    test: confined,
    disable: [
      {
        file: "infra/command-environment.ts",
        find: "const given = COMMAND_VARIABLES.flatMap",
        replace: 'const given = [...COMMAND_VARIABLES, "ANTHROPIC_API_KEY"].flatMap',
      },
    ],
  },
  {
    id: "no-planted-data",
    group,
    promise: "A command plants no data folder that statehive would take for its own",
    condition: "a sandbox",
    mechanism: ["infra/bwrap/protected-names.ts", "infra/bwrap/quarantine.ts"],
    test: confined,
    disable: [{ file: "infra/bwrap/protected-names.ts", find: '  ".swarm",\n', replace: "" }],
  },
  {
    id: "operator-only",
    group,
    promise: "What only the operator may say is not taken from a repository's file",
    condition: "always",
    mechanism: ["infra/config.ts"],
    test: { file: settings, title: "does not say" },
    disable: [
      {
        file: "infra/config.ts",
        find: "if (isRepositorys) refuseOfRepository(file, given);",
        replace: "if (isRepositorys && file === named) refuseOfRepository(file, given);",
      },
    ],
  },
  {
    id: "strangers",
    group,
    promise: "What another user puts above our folder is neither our repository nor our settings",
    condition: "an operating system with user numbers; the test needs root",
    mechanism: ["infra/config-files.ts"],
    test: { file: settings, title: "in a folder that everybody may write to" },
    disable: [
      { file: "infra/config-files.ts", find: "return me !== undefined && !", replace: "return me === -1 && !" },
    ],
  },
  {
    id: "job-names-only",
    group,
    promise: "A job names an actor and says nothing else; what says more is refused",
    condition: "always",
    mechanism: ["infra/queue/queues.ts"],
    test: { file: reach, title: "is not moved by forged jobs" },
    disable: [
      {
        file: "infra/queue/queues.ts",
        find: "return parsed.success ? addressFrom(parsed.data.member) : null;",
        replace:
          "return addressFrom(parsed.success ? parsed.data.member : String((job?.data as { member?: unknown }).member));",
      },
    ],
  },
  {
    id: "grants-of-one-run",
    group,
    promise: "A right that was given to one run is none in another",
    condition: "always",
    mechanism: ["infra/redis/keys.ts"],
    test: { file: reach, title: "a right that was given to one run is none in another", built: true },
    disable: [
      {
        file: "infra/redis/keys.ts",
        find: ":grants`",
        replace: ':grants`.replace(base(run), "all")',
      },
    ],
  },
  {
    id: "closed-block",
    group,
    promise: "What one agent hands on cannot end the block that says it is data",
    condition: "always",
    mechanism: ["actors/runtime/session.ts"],
    test: { file: "test/guardrails/agent-text.test.ts", title: "agent sees data in one closed block" },
    disable: [{ file: "actors/runtime/session.ts", find: '.replaceAll("<", "\\\\u003c")', replace: "" }],
  },
  {
    id: "spelled-out",
    group,
    promise: "What is shown on a terminal for review hides nothing behind control characters",
    condition: "always",
    mechanism: ["apps/cli/commands/show.ts", "apps/cli/progress/printable.ts"],
    test: {
      file: "test/guardrails/reviewed-text.test.ts",
      title: "an output that is shown on a terminal has every deceptive character spelled out",
      built: true,
    },
    disable: [
      {
        file: "apps/cli/commands/show.ts",
        find: "process.stdout.isTTY ? onTerminal(text) : text",
        replace: 'process.stdout.isTTY && text === "" ? onTerminal(text) : text',
      },
    ],
  },
];
