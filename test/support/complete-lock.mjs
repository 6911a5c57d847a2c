// Completes `package-lock.json` with the other platforms' optional packages, from their names and their siblings.
// A registry mirror that lacks them makes npm write a lock without them, which `npm ci` refuses everywhere else.

import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const entries = lock.packages;

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

for (const [path, entry] of Object.entries(entries)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!isLocked(path, name)) entries[`node_modules/${name}`] = entryFor(name, version, entry);
  }
}

lock.packages = Object.fromEntries(Object.entries(entries).sort(([a], [b]) => a.localeCompare(b, "en")));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);

/** A package may be locked beside its parent or in any folder above it. */
function isLocked(path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1))) {
    if (entries[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`] !== undefined) return true;
    if (folder === "") return false;
  }
}

/** Without os and cpu npm would try to fetch the package on every machine, so a name that does not tell them stops here. */
function entryFor(name, version, parent) {
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new Error(`${name}@${version}: only an exact version can be locked unseen.`);
  const words = name.split(/[/-]/);
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  if (os.length !== 1 || cpu.length !== 1)
    throw new Error(`${name}: its name does not tell one system and one processor.`);
  const siblings = Object.keys(parent.optionalDependencies).map((sibling) => entries[`node_modules/${sibling}`]);
  const sibling = siblings.find((candidate) => candidate?.version === version);
  if (sibling === undefined) throw new Error(`${name}: no sibling of the same version to take its licence from.`);
  const libc = words.includes("musl") ? ["musl"] : words.includes("gnu") ? ["glibc"] : undefined;
  // The order of the keys is npm's own, so that the next `npm install` leaves the file as it is.
  return {
    version,
    cpu,
    ...(sibling.dev && { dev: true }),
    ...(libc && { libc }),
    license: sibling.license,
    optional: true,
    os,
    ...(sibling.engines && { engines: sibling.engines }),
  };
}
