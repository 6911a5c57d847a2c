/** The version of this program, as `--version` prints it and archives carry it. `package.json` says the same. */
export const VERSION = "0.1.0";
