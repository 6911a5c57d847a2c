/**
 * The permission lists of the configuration, each entry with the place where it stands, and those of an existing
 * `.claude/settings.json` where somebody asked for them. What the entries mean is for whoever knows the tools.
 */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { readSettingsFile } from "./config-files.ts";
import { SwarmError } from "./errors.ts";

/** Longer lists are no configuration that somebody wrote. */
const rules = z.array(z.string().min(1).max(4_096)).max(1_000);

const LISTS = ["allow", "ask", "deny"] as const;
export type PermissionList = (typeof LISTS)[number];

export const permissionsSchema = z.strictObject({
  allow: rules.optional(),
  ask: rules.optional(),
  deny: rules.optional(),
  /** `true`: the one of the workspace root. A path: that file, from the folder of this one. */
  claudeSettings: z.union([z.boolean(), z.string().min(1).max(4_096)]).optional(),
});

/** One entry of a permission list. */
export interface ConfiguredRule {
  readonly text: string;
  /** The file that it stands in. */
  readonly from: string;
  /** `line:column` in it, or `[index]` in its list where that is not to be told. */
  readonly at: string;
  /** The folder that a path with a slash at its beginning counts from. */
  readonly base: string;
  /** True where it was written for another program: it may speak of tools that there are none of here. */
  readonly foreign: boolean;
}

export interface PermissionSettings extends Readonly<Record<PermissionList, readonly ConfiguredRule[]>> {
  /** What was found and not taken, in words. */
  readonly notices: readonly string[];
}

/** One file of settings, in the order in which they count. */
export interface PermissionLayer {
  readonly from: string;
  readonly source: string | null;
  readonly permissions: z.infer<typeof permissionsSchema>;
}

/**
 * What is allowed is what the last layer with such a list says, with what its `claudeSettings` allows; what is asked
 * about or denied anywhere stays so. Throws SwarmError `config.*`, exit 2.
 */
export async function permissionSettings(
  layers: readonly PermissionLayer[],
  root: string,
): Promise<PermissionSettings> {
  const found = { allow: [] as ConfiguredRule[], ask: [] as ConfiguredRule[], deny: [] as ConfiguredRule[] };
  const notices: string[] = [];
  for (const { from, source, permissions } of layers) {
    const own = listsOf(permissions, { from, source, base: realpathSync(dirname(from)), foreign: false });
    const foreign = await claudeRules(permissions.claudeSettings, from, root);
    notices.push(...foreign.flatMap((one) => one.notices));
    for (const list of ["ask", "deny"] as const) found[list].push(...own[list], ...foreign.flatMap((one) => one[list]));
    const allow = [...own.allow, ...foreign.flatMap((one) => one.allow)];
    if (permissions.allow !== undefined || allow.length > 0) found.allow = allow;
  }
  return { ...found, notices };
}

type Texts = Partial<Record<PermissionList, readonly string[] | undefined>>;

function listsOf(
  texts: Texts,
  { source, ...rule }: Pick<ConfiguredRule, "from" | "base" | "foreign"> & { readonly source: string | null },
): Record<PermissionList, readonly ConfiguredRule[]> {
  const listOf = (list: PermissionList): readonly ConfiguredRule[] =>
    (texts[list] ?? []).map((text, index) => ({ ...rule, text, at: placeIn(source, list, index, text) }));
  return { allow: listOf("allow"), ask: listOf("ask"), deny: listOf("deny") };
}

/** Where the entry stands: the text is searched, not parsed, and what is found is compared with what was read. */
function placeIn(source: string | null, list: PermissionList, index: number, text: string): string {
  const fallback = `[${index}]`;
  if (source === null) return fallback;
  const permissions = source.search(/"permissions"\s*:/);
  const key = permissions < 0 ? -1 : source.slice(permissions).search(new RegExp(`"${list}"\\s*:\\s*\\[`));
  if (key < 0) return fallback;
  const from = permissions + key + `"${list}"`.length;
  const strings = source.slice(from).matchAll(/"(?:[^"\\]|\\.)*"/g);
  let seen = 0;
  for (const match of strings) {
    if (seen < index) {
      seen += 1;
      continue;
    }
    if (match[0] !== JSON.stringify(text)) return fallback;
    const lines = source.slice(0, from + match.index).split("\n");
    return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
  }
  return fallback;
}

const claudeSchema = z.looseObject({
  permissions: z.looseObject({ allow: rules.optional(), ask: rules.optional(), deny: rules.optional() }).optional(),
});

/** The settings of a project and, where there is one, its owner's local file; a path names one file alone. */
async function claudeRules(
  asked: boolean | string | undefined,
  from: string,
  root: string,
): Promise<readonly PermissionSettings[]> {
  if (asked === undefined || asked === false) return [];
  const files =
    asked === true
      ? ["settings.json", "settings.local.json"].map((name) => join(root, ".claude", name)).filter(existsSync)
      : [resolve(dirname(from), asked)];
  if (files.length === 0) {
    throw new SwarmError(
      "config.claude_settings",
      `${from}: permissions.claudeSettings: ${root} has no .claude/settings.json`,
      {
        exit: 2,
        hint: "Name the file instead of true, or leave claudeSettings out.",
      },
    );
  }
  return Promise.all(files.map(readClaudeFile));
}

async function readClaudeFile(from: string): Promise<PermissionSettings> {
  const { value, source } = await readSettingsFile(from);
  const parsed = claudeSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SwarmError("config.claude_settings", `${from}: ${issue?.path.join(".")}: ${issue?.message}`, {
      exit: 2,
      hint: "Mend the file, or leave permissions.claudeSettings out.",
    });
  }
  const { permissions = {}, ...others } = parsed.data;
  const folder = realpathSync(dirname(from));
  const base = folder.endsWith("/.claude") ? dirname(folder) : folder;
  const left = [
    ...Object.keys(permissions)
      .filter((key) => !LISTS.some((list) => list === key))
      .map((key) => `permissions.${key}`),
    ...Object.keys(others).filter((key) => key !== "$schema"),
  ];
  const notices = left.length === 0 ? [] : [`${from}: only allow, ask and deny are taken, not ${left.join(", ")}`];
  return { ...listsOf(permissions, { from, source, base, foreign: true }), notices };
}
