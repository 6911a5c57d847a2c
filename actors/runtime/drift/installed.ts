/** What this installation's built-in tools are beside what the release pinned of them: hashes only, nothing is run. */
import type { PinName } from "../../../infra/pins.ts";
import { definitionOf } from "../../../registry/drift/definition.ts";
import type { ReleasePin } from "../../../registry/drift/release-pin.ts";
import type { ToolDeclaration } from "../../../registry/tool.ts";
import type { Definition } from "../pin-book.ts";

export interface InstalledDrift {
  readonly hash: string;
  readonly reason: string;
}

/** Empty where everything is as it was released. */
export function installedDrift(
  tools: readonly ToolDeclaration[],
  release: Readonly<Record<string, ReleasePin>>,
): ReadonlyMap<string, InstalledDrift> {
  return new Map(
    tools.flatMap((tool): [string, InstalledDrift][] => {
      const { hash } = definitionOf(tool);
      const pin = release[tool.name];
      if (pin?.hash === hash) return [];
      const reason =
        pin === undefined
          ? "it did not come with this release"
          : "its definition is not the one that was released; swarm tools check shows it";
      return [[tool.name, { hash, reason }]];
    }),
  );
}

/** The release's word on a pin, for the book: built-in tools and nothing else. */
export const releasedBy =
  (release: Readonly<Record<string, ReleasePin>>) =>
  ({ kind, scope, name }: PinName): Definition | null =>
    kind === "tool" && scope === "" ? (release[name] ?? null) : null;
