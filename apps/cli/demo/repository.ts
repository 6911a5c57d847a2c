/** The demo's repository: a copy of a real package in a scratch folder, with a trap and a rule, under git. */
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SwarmError } from "../../../infra/errors.ts";
import { gitOutput } from "../../../infra/git/run-git.ts";
import { CONFIG, NOTES, PACKAGE } from "./story.ts";

const AUTHOR = ["-c", "user.name=statehive demo", "-c", "user.email=demo@localhost"];

/** Answers the folder. Nothing outside of it is touched. @throws SwarmError `demo.git` where there is no git; nothing is left then. */
export async function makeRepository(env: Readonly<Record<string, string>>): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "statehive-demo-")));
  const source = dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`));
  for (const name of readdirSync(source)) {
    if (name !== "node_modules") cpSync(join(source, name), join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, "notes.md"), NOTES);
  writeFileSync(join(folder, "swarm.config.json"), `${JSON.stringify(CONFIG, null, 2)}\n`);
  writeFileSync(join(folder, ".gitignore"), ".swarm/\n.demo/\n");
  const git = (...args: string[]): Promise<string> => gitOutput({ cwd: folder, env }, args);
  await git("init", "--quiet").catch((cause: unknown) => {
    rmSync(folder, { recursive: true });
    throw new SwarmError("demo.git", `git could not make a repository in ${dirname(folder)}`, {
      exit: 2,
      hint: "The demo's agents work in git trees: install git 2.38 or newer (git --version).",
      cause,
    });
  });
  await git("add", "--all");
  await git(...AUTHOR, "commit", "--quiet", "-m", `${PACKAGE}, as npm has it`);
  return folder;
}
