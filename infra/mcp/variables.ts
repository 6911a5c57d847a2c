/** `${NAME}` and `${NAME:-default}` in the settings of plugin servers: found when they are read, filled when they start. */
import { SwarmError } from "../errors.ts";

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]{0,127})(?::-([^}]*))?\}/g;

/** How a reference is written. */
export const reference = (name: string): string => `\${${name}}`;

export const namesIn = (text: string): string[] => [...text.matchAll(REFERENCE)].map(([, name = ""]) => name);

/** Whether every `${` in it begins a reference. */
export const isWellFormed = (text: string): boolean => !text.replace(REFERENCE, "").includes("${");

/** @throws SwarmError `plugin.variable` naming the variable that has neither a value nor a default. */
export function filled(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(REFERENCE, (_, name: string, fallback: string | undefined) => {
    const value = lookUp(name) ?? fallback;
    if (value !== undefined) return value;
    throw new SwarmError("plugin.variable", `\${${name}} has no value on this worker`, {
      hint: `Set ${name} where the worker runs, or give a default: \${${name}:-…}. For a server that a repository brings, mcpVariables in the operator's config must name it.`,
    });
  });
}
