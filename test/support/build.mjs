// Builds `dist/` from the product rooms: compiles the TypeScript and copies each Lua script next to its compiled sibling.
// It says nothing unless it fails, and does nothing when `dist/` already stands for exactly these sources.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const dist = join(root, "dist");
const stamp = join(dist, ".stamp");
const rooms = ["machines", "registry", "infra", "actors", "apps"];
const settings = ["package.json", "tsconfig.json", "tsconfig.build.json", "test/support/build.mjs"];

const sources = rooms.flatMap((room) => filesUnder(join(root, room)));
const fingerprint = fingerprintOf([...settings.map((file) => join(root, file)), ...sources]);

class BuildError extends Error {}

try {
  if (!isCurrent()) build();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  process.stderr.write(`build: ${error.message}\n`);
  process.exitCode = 1;
}

/** Every product file under a folder, in a stable order; an absent folder has none. */
function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function fingerprintOf(files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** The stamp lists what was built, so that an output lost since then is built again. */
function isCurrent() {
  if (!existsSync(stamp)) return false;
  const [built, ...outputs] = readFileSync(stamp, "utf8").trimEnd().split("\n");
  return built === fingerprint && outputs.every((output) => existsSync(join(dist, output)));
}

/**
 * Compiles beside `dist/` and moves files in one by one. A process that runs from `dist/` loads its modules lazily:
 * it must never find one missing or half-written because another terminal builds.
 */
function build() {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(compiler)) {
    throw new BuildError(
      "dist/ is out of date and the compiler is not installed: run `npm install` without --omit=dev first.",
    );
  }
  const fresh = mkdtempSync(join(root, ".dist-"));
  try {
    compile(compiler, fresh);
    for (const source of sources.filter((file) => file.endsWith(".lua"))) {
      const target = join(fresh, relative(root, source));
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(source, target);
    }
    publish(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function compile(compiler, outDir) {
  try {
    execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", outDir], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
  } catch (error) {
    process.stderr.write(error.stdout ?? "");
    throw new BuildError("it failed; dist/ is as it was.", { cause: error });
  }
}

/** Replaces changed files, then removes those that no source stands behind, then writes the stamp. */
function publish(fresh) {
  const outputs = filesUnder(fresh).map((file) => relative(fresh, file));
  for (const output of outputs) {
    const target = join(dist, output);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(fresh, output), target);
  }
  const kept = new Set(outputs);
  for (const file of filesUnder(dist)) {
    if (!kept.has(relative(dist, file))) rmSync(file);
  }
  const draft = join(fresh, "stamp");
  writeFileSync(draft, `${[fingerprint, ...outputs].join("\n")}\n`);
  renameSync(draft, stamp);
}
