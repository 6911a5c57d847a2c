/**
 * What stored runs say of descriptions: a tool that many agents were offered and none called, one that could be found
 * and never was, words that found nothing. Hints for whoever writes descriptions, never findings.
 */
import type { RunEvent } from "../../../machines/run-event.ts";
import { visible } from "../../../registry/drift/visible.ts";

/** Agents that had a tool, before its silence says anything. */
export const AGENTS_LEAST = 10;
const HINTS_MAX = 40;

interface Use {
  offered: number;
  findable: number;
  called: number;
}

export interface UseCount {
  add(event: RunEvent): void;
  hints(): readonly string[];
}

/** Fed with all events of the runs that are looked at. */
export function countUse(): UseCount {
  const uses = new Map<string, Use>();
  const unknown = new Map<string, number>();
  let misjudged = 0;
  const useOf = (name: string): Use => {
    const use = uses.get(name) ?? { offered: 0, findable: 0, called: 0 };
    uses.set(name, use);
    return use;
  };
  return {
    add(event) {
      if (event.type === "registry.built") {
        for (const name of event.tools) useOf(name).offered += 1;
        for (const name of event.deferred ?? []) useOf(name).findable += 1;
      } else if (event.type === "tool.failed") {
        if (event.misjudged === true) misjudged += 1;
      } else if (event.type === "tool.matched") {
        if (event.choice !== null) useOf(event.choice).called += 1;
        else unknown.set(event.query, (unknown.get(event.query) ?? 0) + 1);
      }
    },
    hints() {
      const silent = [...uses].filter(([, { called }]) => called === 0).sort(([a], [b]) => (a < b ? -1 : 1));
      const all = [
        ...(misjudged === 0
          ? []
          : [
              `Bash: ${misjudged === 1 ? "a command" : `${misjudged} commands`} judged read-only tried to write, and could not (tool.failed with misjudged in swarm logs): the judgement is wrong there, and worth a report`,
            ]),
        ...silent.flatMap(([name, { offered }]) =>
          offered < AGENTS_LEAST
            ? []
            : [`${visible(name)} stood in the prompt of ${offered} agents, and none called it`],
        ),
        ...silent.flatMap(([name, { findable }]) =>
          findable < AGENTS_LEAST ? [] : [`${visible(name)} could be found by ${findable} agents, and none called it`],
        ),
        ...[...unknown].flatMap(([name, count]) =>
          count < 2 ? [] : [`agents called ${visible(name.slice(0, 100))} ${count} times, and had no such tool`],
        ),
      ];
      return all.slice(0, HINTS_MAX);
    },
  };
}
