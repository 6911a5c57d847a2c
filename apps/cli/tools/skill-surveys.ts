/** What a check sees of skills and agent files that repositories and people's folders bring. */
import type { Candidate, Survey, Surveyed } from "../../../actors/runtime/drift/survey.ts";
import type { Config } from "../../../infra/config.ts";
import type { PinKind } from "../../../infra/pins.ts";
import { type FileProblem, problemLine } from "../../../registry/file-problem.ts";
import { profilesAt, skillsAt } from "../discovery.ts";

interface Found {
  readonly name: string;
  readonly scope: string;
  readonly hash: string;
  readonly canonical: string;
  /** The operator's own: nothing of it is approved. */
  readonly trusted: boolean;
}

export const skillSurveys = (workspace: string, config: Config): readonly Survey[] => [
  surveyOf("skill", async () => {
    const { skills, problems } = await skillsAt(workspace, config);
    return { found: skills, problems };
  }),
  surveyOf("profile", async () => {
    const { profiles, problems } = await profilesAt(workspace, config);
    return { found: profiles, problems };
  }),
];

function surveyOf(
  kind: PinKind,
  look: () => Promise<{ readonly found: readonly Found[]; readonly problems: readonly FileProblem[] }>,
): Survey {
  return {
    kind,
    async survey(): Promise<Surveyed> {
      const { found, problems } = await look();
      const untrusted = found.filter(({ trusted }) => !trusted);
      const scopes = new Set(untrusted.map(({ scope }) => scope));
      return {
        candidates: untrusted.map(
          ({ scope, name, hash, canonical }): Candidate => ({
            pin: { kind, scope, name },
            definition: { hash, text: canonical },
            reasons: [],
          }),
        ),
        hints: problems.map(problemLine),
        // Other workspaces' were not looked for.
        unknown: ({ scope }) => !scopes.has(scope),
      };
    },
  };
}
