/** The laws of bringing a run's work home, as stories; the mutation test tells them of coordinators with one guard broken. */
import { expect } from "vitest";
import type { AnyStateMachine } from "xstate";
import type { CoordinatorEvent } from "../../machines/coordinator-event.ts";
import type { Story } from "./given.ts";
import type { Law } from "./given-agent-laws.ts";
import {
  answers,
  collected,
  coordinating,
  left,
  merged,
  settles,
  stop,
  task,
  uncollected,
} from "./given-coordinator.ts";

const law = (title: string, holds: Law["holds"]): Law => ({ title, holds });

const worked = (machine: AnyStateMachine, ...after: readonly CoordinatorEvent[]): Story =>
  coordinating([task("a")], { machine, branch: "swarm/r" }).whenAll(settles("a"), ...after);

const orders = ({ effects }: Story): readonly string[] => effects.map(({ type }) => type);
const ends = ({ told }: Story): readonly unknown[] =>
  told.flatMap((effect) => {
    const { type, status, reasons } = effect as { type: string; status?: string; reasons?: readonly string[] };
    return type === "run.end" ? [[status, ...(reasons ?? [])]] : [];
  });

const unmerged = (why: string): string => `not merged: the work is left on branch swarm/r: ${why}`;

export const homecomingLaws: readonly Law[] = [
  law("work in a tree of its own is collected once all of it came out well, and merged only after a yes", (machine) => {
    const story = worked(machine);
    expect([story.path, story.effects]).toEqual(["collecting", [{ type: "workspace.collect", wanted: true }]]);
    const asked = story.when(collected("ask"));
    expect([asked.path, orders(asked)]).toEqual(["awaitingApproval", ["approval.request"]]);
    const approved = asked.when(answers(true));
    expect([approved.path, approved.effects]).toEqual(["merging", [{ type: "workspace.merge", commit: "c0ffee" }]]);
    expect(ends(approved.when(merged))).toEqual([["completed"]]);
  }),
  law("what nobody needs to look at is merged at once", (machine) => {
    const story = worked(machine, collected("allow"));
    expect(story.effects).toEqual([{ type: "workspace.merge", commit: "c0ffee" }]);
    expect(ends(story.when(merged))).toEqual([["completed"]]);
  }),
  law(
    "a no, a conflict, a broken git and nobody to ask each leave the work on its branch, and the end says so",
    (machine) => {
      expect(ends(worked(machine, collected("ask"), answers(false)))).toEqual([
        ["completed", unmerged("not like this")],
      ]);
      expect(ends(worked(machine, collected("leave")))).toEqual([["completed", unmerged("nobody can be asked")]]);
      expect(ends(worked(machine, uncollected))).toEqual([["completed", unmerged("git broke")]]);
      expect(ends(worked(machine, collected("allow"), left))).toEqual([["completed", unmerged("conflicts in a.txt")]]);
    },
  ),
  law("where nothing was changed there is nothing to ask for: the tree just goes", (machine) => {
    const story = worked(machine, collected("ask", 0));
    expect(story.effects).toEqual([{ type: "workspace.merge", commit: "c0ffee" }]);
    expect(ends(story.when(merged))).toEqual([["completed"]]);
  }),
  law("an answer to another question is none", (machine) => {
    const asked = worked(machine, collected("ask"));
    for (const answer of [answers(true, "another"), answers(false, "another"), merged]) {
      expect(asked.when(answer).path).toBe("awaitingApproval");
    }
  }),
  law("work that failed or was cancelled is collected too, and left on its branch without a question", (machine) => {
    const leftThere = "not merged: the work is left on branch swarm/r";
    const failed = coordinating([task("a")], { machine, branch: "swarm/r" }).when(settles("a", "failed"));
    expect(failed.effects).toContainEqual({ type: "workspace.collect", wanted: false });
    for (const verdict of ["ask", "allow", "leave"] as const) {
      expect(ends(failed.when(collected(verdict)))).toEqual([["failed", expect.any(String), leftThere]]);
    }
    expect(ends(worked(machine, stop, collected("allow")))).toEqual([["cancelled", "cancelled: enough", leftThere]]);
    expect(ends(worked(machine, collected("ask"), stop))).toEqual([["cancelled", "cancelled: enough", leftThere]]);
    const cancelled = coordinating([task("a")], { machine, branch: "swarm/r" }).whenAll(
      stop,
      settles("a", "cancelled"),
    );
    expect(cancelled.effects).toContainEqual({ type: "workspace.collect", wanted: false });
  }),
  law("a cancel that comes while the work goes in is too late", (machine) => {
    const story = worked(machine, collected("allow"), stop);
    expect(story.path).toBe("merging");
    expect(ends(story.when(merged))).toEqual([["completed"]]);
  }),
  law("without a tree of its own a run ends as it came out, and collects nothing", (machine) => {
    const story = coordinating([task("a")], { machine }).when(settles("a"));
    expect([orders(story), ends(story)]).toEqual([["run.end"], [["completed"]]]);
  }),
];
