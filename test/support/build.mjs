// Builds `dist/` from the product rooms: compiles the TypeScript, copies each Lua script next to its compiled sibling, and
// joins what a process starts with. It says nothing unless it fails, and does nothing when `dist/` already stands for
// exactly these sources. `--exact`, for packing, leaves nothing of an earlier build.

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
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { BUNDLE, bundled } from "./bundle.mjs";
import { bundledPage } from "./page-bundle.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const dist = join(root, "dist");
const stamp = join(dist, ".stamp");
const pageSource = join("apps", "visualizer", "page");
const hasPage = existsSync(join(root, pageSource));
const rooms = ["machines", "registry", "infra", "actors", "apps"];
const settings = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "test/support/build.mjs",
  "test/support/bundle.mjs",
  "test/support/page-bundle.mjs",
];

/** A process that runs may still load a part of the build it was started from, for so many milliseconds. */
const EARLIER_MS = 3_600_000;

const sources = rooms.flatMap((room) => filesUnder(join(root, room)));
const fingerprint = fingerprintOf([
  ...settings.map((file) => join(root, file)).filter((file) => existsSync(file)),
  ...sources,
]);

class BuildError extends Error {}

try {
  if (!isCurrent()) await build();
  if (process.argv.includes("--exact")) removeEarlier(0);
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
async function build() {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(compiler)) {
    throw new BuildError(
      "dist/ is out of date and the compiler is not installed: run `npm install` without --omit=dev first.",
    );
  }
  const fresh = mkdtempSync(join(root, ".dist-"));
  try {
    compile(compiler, "tsconfig.build.json", "--outDir", fresh);
    if (hasPage) compile(compiler, pageSource, "--noEmit");
    for (const source of sources.filter((file) => file.endsWith(".lua"))) {
      const target = join(fresh, relative(root, source));
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(source, target);
    }
    // Before the entries are joined: the page asks one of the compiled modules.
    for (const [file, text] of [...(hasPage ? await page(fresh) : []), ...(await bundled(fresh))]) {
      mkdirSync(dirname(join(fresh, file)), { recursive: true });
      writeFileSync(join(fresh, file), text);
    }
    publish(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The page shares the colours of charts with the compiled product. */
async function page(fresh) {
  const colours = pathToFileURL(join(fresh, "apps", "visualizer", "chart-colours.js")).href;
  const { chartStyle } = await import(colours);
  return bundledPage(root, chartStyle());
}

function compile(compiler, project, ...flags) {
  try {
    execFileSync(process.execPath, [compiler, "-p", project, ...flags], {
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
  // Parts first: whoever starts in between finds those that its entry names.
  const isPart = (output) => output.startsWith(`${BUNDLE}/`);
  for (const output of [...outputs.filter(isPart), ...outputs.filter((file) => !isPart(file))]) {
    const target = join(dist, output);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(fresh, output), target);
  }
  const draft = join(fresh, "stamp");
  writeFileSync(draft, `${[fingerprint, ...outputs].join("\n")}\n`);
  renameSync(draft, stamp);
  removeEarlier(EARLIER_MS);
}

/** Removes what no source stands behind; the parts of earlier builds only when they are older than `ageMs`. */
function removeEarlier(ageMs) {
  const kept = new Set([".stamp", ...readFileSync(stamp, "utf8").trimEnd().split("\n").slice(1)]);
  for (const file of filesUnder(dist)) {
    const name = relative(dist, file);
    const young = name.startsWith(`${BUNDLE}/`) && Date.now() - statSync(file).mtimeMs < ageMs;
    if (!kept.has(name) && !young) rmSync(file);
  }
}
