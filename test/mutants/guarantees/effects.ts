/** What happens in the world, and how often. */
import type { Guarantee } from "../guarantee.ts";

const gateTest = "test/integration/journal-gate.test.ts";
const commandTest = "test/integration/journal-command.test.ts";
const reconcileTest = "test/integration/tool-reconcile.test.ts";
const built = true;

export const effects: readonly Guarantee[] = [
  {
    id: "intent-first",
    group: "Effects",
    promise: "No effect begins before the commit that ordered it",
    condition: "always",
    mechanism: ["actors/runtime/activation.ts"],
    test: {
      file: "test/integration/runtime.test.ts",
      title: "begins only after the commit that ordered it: its intent is in the store before its performer is called",
    },
    disable: [
      {
        file: "actors/runtime/activation.ts",
        find: "await commitStep(this.deps, {",
        replace:
          "await commitStep({ ...this.deps, store: { commit: (one) => { for (const { id, json } of one.effects) this.begin(id, orderedFrom({ id, json } as PendingEffect), null); return this.deps.store.commit(one); } } }, {",
      },
    ],
  },
  {
    id: "performer-breaks",
    group: "Effects",
    promise: "A performer that breaks is a failure with a reason, never a silent one",
    condition: "always",
    mechanism: ["actors/runtime/recovery.ts"],
    test: {
      file: "test/integration/runtime.test.ts",
      title: "that breaks on an effect again and again ends the task with a reason, not silently",
    },
    disable: [
      {
        file: "actors/runtime/running-effects.ts",
        find: "          settle({ id, broke: cause });",
        replace: "          ends.delete(id);",
      },
    ],
  },
  {
    id: "gate",
    group: "Effects",
    promise:
      "What must not happen twice begins at most once per effect id: one winner, ever, in whatever process and however late",
    condition: "a local disk with hard links; gates are kept a day beyond their run",
    mechanism: ["infra/journal/gate.ts", "infra/journal/durable-file.ts"],
    test: {
      file: gateTest,
      title: "of fifty processes that race for a gate, one wins, and the gate names that one",
      built,
    },
    disable: [
      {
        file: "infra/journal/durable-file.ts",
        find: "    await link(aside, path);",
        replace: "    await copyFile(aside, path);",
      },
      { file: "infra/journal/durable-file.ts", find: "import { link, mkdir,", replace: "import { copyFile, mkdir," },
    ],
  },
  {
    id: "gate-passed",
    group: "Effects",
    promise: "… and nothing acts without having passed it",
    condition: "always",
    mechanism: ["infra/journal/commands.ts", "infra/journal/recorder.ts", "actors/runtime/acting-box.ts"],
    test: { file: commandTest, title: "a recorder that finds the gate taken on its way runs nothing", built },
    disable: [
      {
        file: "infra/journal/recorder.ts",
        find: "  if (!won) return GATE_LOST;",
        replace: "  if (!won && process.pid === 0) return GATE_LOST;",
      },
    ],
  },
  {
    id: "recorder",
    group: "Effects",
    promise: "A command survives its worker, and whoever takes the agent over gets all of its outcome",
    condition: "its host lives, and so does its recorder",
    mechanism: ["infra/journal/recorder.ts", "infra/journal/commands.ts", "actors/runtime/effects/tool-reconcile.ts"],
    test: {
      file: commandTest,
      title: "a recorder is a session of its own: nobody's hang-up reaches it, and its worker's death is not its own",
      built,
    },
    disable: [{ file: "infra/journal/recorder.ts", find: 'process.on("SIGHUP", () => {});\n', replace: "" }],
  },
  {
    id: "reattach",
    group: "Effects",
    promise: "… which is watched to its end where it still runs, and never run again",
    condition: "the same",
    mechanism: ["actors/runtime/effects/tool-reconcile.ts", "actors/runtime/recovery.ts"],
    test: {
      file: reconcileTest,
      title: "is left alone when its worker lets go, and reattached to by the next one",
      built,
    },
    disable: [
      {
        file: "actors/runtime/effects/tool-reconcile.ts",
        find: "return commandAnswer(order, await journal.reattach(order.effect, signal));",
        replace: "return reconciled(order, false, null);",
      },
    ],
  },
  {
    id: "no-orphans",
    group: "Effects",
    promise: "Nothing of a command outlives it, its timeout, its cancel or its recorder",
    condition:
      "it did not leave its process group (setsid); a dead recorder's group ends when a worker starts on that host",
    mechanism: ["infra/journal/recorder.ts", "infra/journal/process-group.ts"],
    test: { file: commandTest, title: "what a command leaves in the background ends with it", built },
    disable: [
      {
        file: "infra/journal/recorder.ts",
        find: '  if (confined === null) kill(leader, "SIGKILL");\n  else await endGroup(leader);\n',
        replace: "",
      },
    ],
  },
  {
    id: "reconcile",
    group: "Effects",
    promise:
      "After a crash a change is told from the world: done, not done, or explicitly interrupted; never made a second time in silence",
    condition: "files of 256 MiB at most",
    mechanism: ["actors/runtime/effects/tool-reconcile.ts", "actors/runtime/recovery.ts"],
    test: {
      file: reconcileTest,
      title: "and whose file is neither as it was nor as it was to be is interrupted, with all three hashes",
      built,
    },
    disable: [
      {
        file: "actors/runtime/effects/tool-reconcile.ts",
        find: "  if (now !== change.before) {",
        replace: "  if (now === null && change.before !== null) {",
      },
    ],
  },
  {
    id: "zombie",
    group: "Effects",
    promise: "A worker that sleeps through its own burial cannot act afterwards",
    condition: "it had not passed its gate; where it had, the call is interrupted as long as it lives",
    mechanism: ["actors/runtime/effects/tool-reconcile.ts", "infra/journal/gate.ts"],
    test: {
      file: reconcileTest,
      title: "never happened, and its sleeping worker can never make it happen any more",
      built,
    },
    disable: [
      {
        file: "actors/runtime/effects/tool-reconcile.ts",
        find: 'if (await journal.take(order.effect, order.inputHash, { kind: "void", why })) return',
        replace: 'if ((await journal.look(why === null ? "" : order.effect)) === null) return',
      },
    ],
  },
  {
    id: "not-adopted",
    group: "Effects",
    promise: "A record under another input is never taken for this call's",
    condition: "always",
    mechanism: ["actors/runtime/effects/tool-reconcile.ts"],
    test: { file: reconcileTest, title: "is interrupted, never adopted", built },
    disable: [
      {
        file: "actors/runtime/effects/tool-reconcile.ts",
        find: "  if (seen.gate.inputHash !== order.inputHash) {",
        replace: '  if (seen.gate.inputHash === "") {',
      },
    ],
  },
  {
    id: "replace-whole",
    group: "Effects",
    promise:
      "A file is changed as a whole, inside the workspace, and not over what somebody else has written meanwhile",
    condition: "always",
    mechanism: ["infra/sandbox/replace-file.ts", "infra/sandbox/workspace-box.ts"],
    test: {
      file: "test/guardrails/workspace-writes.test.ts",
      title: "expected on another content is refused and nothing is done",
    },
    disable: [
      {
        file: "infra/sandbox/replace-file.ts",
        find: "  if (options.expected !== undefined && options.expected !== before) throw changed(path);\n",
        replace: "",
      },
    ],
  },
  {
    id: "secluded",
    group: "Effects",
    promise: "The data dir and the folder of gates are shown to no tool",
    condition: "not to a command: there is no sandbox yet",
    mechanism: ["infra/sandbox/workspace-box.ts"],
    test: {
      file: "test/guardrails/workspace-writes.test.ts",
      title: "is neither read, listed, hashed nor written: by its name, by a link, before and after it is made",
    },
    disable: [
      {
        file: "infra/sandbox/workspace-box.ts",
        find: "    if (!(await isSecluded(real))) return held;",
        replace: '    if (real !== "") return held;',
      },
    ],
  },
  {
    id: "exact-command",
    group: "Effects",
    promise: "A command that a rule names by its text is allowed by that text and no other",
    condition: "always",
    mechanism: ["registry/permission/bash-spec.ts", "registry/permission/fits.ts"],
    test: {
      file: "test/unit/registry/permission/bash-rules.test.ts",
      title: "allows its text, blanks around it aside, and nothing that it begins, ends or continues",
    },
    disable: [
      {
        file: "registry/permission/text-pattern.ts",
        find: "matches: (text) => text === only };",
        replace: "matches: (text) => text.startsWith(only) };",
      },
    ],
  },
  {
    id: "deny-wins",
    group: "Effects",
    promise: "What a rule denies is not done, whatever else allows it; no rule opens what is protected",
    condition: "always",
    mechanism: ["registry/permission/decide.ts", "registry/permission/protection.ts"],
    test: {
      file: "test/unit/registry/permission/order.test.ts",
      title: "no rule that allows opens what is protected, and a rule that denies it still denies",
    },
    disable: [
      {
        file: "registry/permission/decide.ts",
        find: "const closed = criticalRemoval(subject) ?? protection(subject);",
        replace: "const closed = criticalRemoval(subject);",
      },
    ],
  },
  {
    id: "second-look",
    group: "Effects",
    promise: "A link is judged by where it leads, at the moment of use, before anything of it is shown or changed",
    condition: "for file tools; for commands, files named without a wildcard",
    mechanism: ["actors/runtime/watched-box.ts", "registry/permission/at-use.ts"],
    test: {
      file: "test/integration/watched-box.test.ts",
      title: "a link to a protected file is not read under its own name; the file itself is, where that was answered",
    },
    disable: [
      {
        file: "registry/permission/at-use.ts",
        find: 'return decision === "allow" ? null : reason;',
        replace: 'return decision === "allow" || access === "read" ? null : reason;',
      },
    ],
  },
  {
    id: "lost-steps",
    group: "Effects",
    promise:
      "Effects of steps that Redis acknowledged and lost are named before anything else is done: their run is parked",
    condition: "their gates are on the host that takes the agent up",
    mechanism: ["actors/runtime/gates.ts", "actors/runtime/activation.ts"],
    test: {
      file: "test/integration/lost-steps.test.ts",
      title:
        "a run whose acknowledged steps were lost is parked with their effects named, once, and goes on when it is told to",
      built,
    },
    disable: [
      {
        file: "actors/runtime/gates.ts",
        find: "if (found.length === 0) return false;",
        replace: "if (found.length >= 0) return false;",
      },
    ],
  },
  {
    id: "capped-output",
    group: "Effects",
    promise: "Output beyond a mebibyte is left out in the middle, and both the output and its record say how much",
    condition: "always",
    mechanism: ["infra/journal/capped-output.ts"],
    test: {
      file: commandTest,
      title: "output beyond the limit is left out in the middle, and both output and outcome say how much",
      built,
    },
    disable: [
      {
        file: "infra/journal/capped-output.ts",
        find: "const dropped = Math.max(0, bytes - HEAD_BYTES - kept.length);",
        replace: "const dropped = Math.max(0, bytes - HEAD_BYTES - kept.length) * 0;",
      },
    ],
  },
];
