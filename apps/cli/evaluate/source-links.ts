/**
 * Where a finding can be opened on the web: the page of its line at the commit that is checked out, where the target is a
 * clone of a repository on a host whose addresses are known. Read from the files of git; git itself is not run.
 */
import { existsSync, lstatSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { readPlainFile } from "../../../infra/plain-file.ts";

/** Address of a line, or null. */
export type LinkOf = (path: string, line: number) => string | null;
export const NO_LINKS: LinkOf = () => null;

const fileBytesMax = 4_000_000;
const pagesOf: Readonly<Record<string, string>> = {
  "github.com": "blob",
  "gitlab.com": "-/blob",
  "codeberg.org": "src/commit",
};

/** Never throws. What the repository says of itself is only ever a part of an address on one of the known hosts. */
export function linksOf(target: string): LinkOf {
  try {
    const root = repositoryOf(target);
    if (root === null) return NO_LINKS;
    const git = join(root, ".git");
    const origin = originIn(read(join(git, "config")));
    const commit = commitIn(git);
    if (origin === null || commit === null) return NO_LINKS;
    const folder = relative(root, target).split(sep).filter(Boolean);
    return (path, line) => {
      const parts = [...folder, ...path.split("/")].map(encodeURIComponent);
      return `https://${origin.host}/${origin.name}/${pagesOf[origin.host]}/${commit}/${parts.join("/")}#L${line}`;
    };
  } catch {
    return NO_LINKS; // half a repository is none
  }
}

function repositoryOf(target: string): string | null {
  for (let folder = target; ; folder = dirname(folder)) {
    const git = join(folder, ".git");
    // A file there belongs to a working tree or a submodule, whose commit is elsewhere.
    if (existsSync(git)) return lstatSync(git).isDirectory() ? folder : null;
    if (dirname(folder) === folder) return null;
  }
}

const read = (path: string): string => readPlainFile(path, fileBytesMax);

/** Host and name only: an address may carry a user's password. */
function originIn(config: string): { readonly host: string; readonly name: string } | null {
  const section = /\[remote "origin"\]([^[]*)/.exec(config)?.[1] ?? "";
  const url = /^\s*url\s*=\s*(\S{1,500})\s*$/m.exec(section)?.[1] ?? "";
  const [, host = "", name = ""] = /(?:@|\/\/)([\w.-]+)(?::|\/)((?:[\w.-]+\/)+[\w.-]+?)(?:\.git)?\/?$/.exec(url) ?? [];
  return Object.hasOwn(pagesOf, host) ? { host, name } : null;
}

function commitIn(git: string): string | null {
  const head = read(join(git, "HEAD")).trim();
  const ref = /^ref: (refs\/[\w./-]+)$/.exec(head)?.[1];
  if (ref === undefined) return hashIn(head);
  if (ref.split("/").includes("..")) return null;
  if (existsSync(join(git, ref))) return hashIn(read(join(git, ref)).trim());
  const packed = read(join(git, "packed-refs")).split("\n");
  return hashIn(packed.find((line) => line.endsWith(` ${ref}`))?.split(" ")[0] ?? "");
}

const hashIn = (text: string): string | null => (/^[0-9a-f]{40,64}$/.test(text) ? text : null);
