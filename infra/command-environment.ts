/** What commands of agents see of the environment: a list, so that a credential nobody thought of is not in it. */

/** Where things are and how to speak; never a credential, never where our own server is. */
const COMMAND_VARIABLES = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TERM",
  "TZ",
  "TMPDIR",
];

export function commandEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = COMMAND_VARIABLES.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}
