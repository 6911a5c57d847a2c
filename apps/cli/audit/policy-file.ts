/** A policy to try on recorded history: a file with `permissions`, read, checked and reported on as the configuration is. */
import { realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import type { ReplayPolicy } from "../../../actors/runtime/audit/recorded-question.ts";
import { readSettingsFile } from "../../../infra/config-files.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { permissionSettings, permissionsSchema } from "../../../infra/permission-settings.ts";
import { permissionsOf } from "../permission-lists.ts";
import { say } from "../say.ts";

/** Other fields may stand beside these: a whole configuration file is a policy, too. */
const policySchema = z.looseObject({
  permissions: permissionsSchema,
  mode: z.enum(["read-only", "plan", "edit"]).optional(),
  approve: z.enum(["ask", "deny", "allow-safe"]).optional(),
  deniedTools: z.array(z.string()).max(100).optional(),
});

/**
 * A path with a slash at its beginning counts from the workspace of each run. Throws SwarmError `config.*` or
 * `policy.invalid`, exit 2, naming file and position.
 */
export async function policyFrom(given: string): Promise<ReplayPolicy> {
  const file = resolve(given);
  const { value, source } = await readSettingsFile(file);
  const parsed = policySchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SwarmError("policy.invalid", `${file}: ${issue?.path.join(".") || "it"}: ${issue?.message}`, {
      exit: 2,
      hint: 'It has to look like {"permissions":{"allow":[],"ask":[],"deny":[]}}; mode, approve and deniedTools may be added.',
    });
  }
  const { permissions, mode, approve, deniedTools } = parsed.data;
  const folder = realpathSync(dirname(file));
  const settings = await permissionSettings([{ from: file, source, permissions }], folder);
  const { allow, ask, deny, notices } = permissionsOf({ permissions: settings }, folder);
  for (const notice of notices) say(`swarm: ${notice}`);
  return {
    rules: { allow, ask, deny },
    ...(mode === undefined ? {} : { mode }),
    ...(approve === undefined ? {} : { approve }),
    ...(deniedTools === undefined ? {} : { deniedTools }),
  };
}
