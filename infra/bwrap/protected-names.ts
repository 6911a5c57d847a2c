/**
 * What a command must not change in a workspace although it may write there, and what it must not even read. These run
 * code in somebody's name later (hooks, editor tasks, CI), steer tools that are trusted, or are secrets.
 */

/** `hide`: neither read nor written. `keep`: read only. Git's own folder is taken apart (`git-folder.ts`). */
export type Protection = "hide" | "keep";

const kept: ReadonlySet<string> = new Set([
  // configuration of agents and editors that runs commands
  ".claude",
  "swarm.skills",
  "swarm.agents",
  ".mcp.json",
  ".cursor",
  ".vscode",
  ".devcontainer",
  ".envrc",
  ".idea",
  ".devcontainer.json",
  ".zed",
  ".codex",
  ".gemini",
  "swarm.config.json",
  "swarm.config.mjs",
  // data that whoever starts statehive in the folder would take for their own
  ".swarm",
  // what a forge runs
  ".github",
  ".gitlab-ci.yml",
  ".circleci",
  ".travis.yml",
  "jenkinsfile",
  "azure-pipelines.yml",
  "bitbucket-pipelines.yml",
  ".gitlab-ci.yaml",
  ".drone.yml",
  ".buildkite",
  ".woodpecker",
  ".woodpecker.yml",
  "appveyor.yml",
  ".appveyor.yml",
  ".teamcity",
  "cloudbuild.yaml",
  // hooks and repositories of others
  ".husky",
  ".githooks",
  ".hg",
  ".svn",
  ".jj",
  ".pre-commit-config.yaml",
  ".gitmodules",
  // package managers: where packages come from, and with which token
  ".npmrc",
  ".yarnrc",
  ".yarnrc.yml",
  ".pnpmfile.cjs",
  // shells, and programs that run their own start files
  ".bash_aliases",
  ".zlogout",
  ".kshrc",
  ".cshrc",
  ".tcshrc",
  ".login",
  ".logout",
  ".xprofile",
  ".xinitrc",
  ".xsession",
  ".pam_environment",
  ".vimrc",
  ".emacs",
  ".emacs.d",
  ".tmux.conf",
  ".screenrc",
  ".gdbinit",
  ".lldbinit",
  ".pythonrc",
  ".irbrc",
  ".pryrc",
  ".rprofile",
  ".bashrc",
  ".bash_profile",
  ".bash_login",
  ".bash_logout",
  ".profile",
  ".zshrc",
  ".zshenv",
  ".zprofile",
  ".zlogin",
  ".inputrc",
  ".gitconfig",
]);

const hidden: ReadonlySet<string> = new Set([
  ".env",
  ".netrc",
  ".pgpass",
  ".pypirc",
  ".git-credentials",
  ".ssh",
  ".gnupg",
  ".aws",
  ".azure",
  ".kube",
  ".docker",
  "id_rsa",
  "id_dsa",
  "id_ecdsa",
  "id_ed25519",
]);

/** Samples are made to be read, and copied. */
const sample = /^\.env\.(example|sample|template|dist|defaults)$/;

/** By a name alone, in any case: on another system's disk the same files are reached by other spellings. */
export function protectionOf(name: string): Protection | null {
  const plain = name.toLowerCase();
  if (hidden.has(plain)) return "hide";
  if (plain.startsWith(".env.")) return sample.test(plain) ? null : "hide";
  return kept.has(plain) ? "keep" : null;
}

/** Never looked into: thousands of folders that nobody works in, and nobody's hooks or settings are read from. */
export const unlooked: ReadonlySet<string> = new Set(["node_modules", ".venv", "venv", "__pycache__", ".tox"]);
