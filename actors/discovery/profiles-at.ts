/** Every agent profile that a workspace, its operator and its person bring, and everything wrong with the other files. */
import { markdownBelow } from "../../infra/skills/list-places.ts";
import type { FileProblem } from "../../registry/file-problem.ts";
import { type FoundProfile as Found, profileOf } from "../../registry/profiles/agent-file.ts";
import { agentTypes } from "../types/index.ts";
import { placesOf, type Where } from "./places.ts";

export interface FoundProfile extends Found {
  /** The operator named the folder that it lies in: it needs no approval. */
  readonly trusted: boolean;
}

export interface FoundProfiles {
  /** Sorted by name, one of each. */
  readonly profiles: readonly FoundProfile[];
  /** Of every file that is none, or of which something does nothing. */
  readonly problems: readonly FileProblem[];
}

/** Repeatable: it only reads. What cannot be read is a problem, never an error. */
export async function profilesAt(where: Where): Promise<FoundProfiles> {
  const byName = new Map<string, FoundProfile>();
  const problems: FileProblem[] = [];
  for (const place of placesOf(where, "agents")) {
    const { files, faults } = await markdownBelow(place);
    problems.push(...faults.map(({ path, reason }) => ({ path, line: null, reason, weight: "dropped" as const })));
    for (const file of files) {
      const { profile, problems: found } = profileOf({ ...file, scope: place.scope }, agentTypes);
      problems.push(...found);
      if (profile === null) continue;
      const first = byName.get(profile.name);
      if (first === undefined) byName.set(profile.name, { ...profile, trusted: place.trusted });
      else {
        const reason = `there is an agent ${profile.name} already, in ${first.source}`;
        problems.push({ path: profile.source, line: null, reason, weight: "dropped" });
      }
    }
  }
  const profiles = [...byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  return { profiles, problems };
}
