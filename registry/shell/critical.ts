/**
 * Files whose change or loss reaches beyond the task: the system, the home folder, what is run at the next login, build
 * or commit. By text alone; links and folders outside the workspace are the caller's to judge.
 */

const system =
  /^\/(?:\*?$|(?:bin|boot|dev|etc|lib\w*|proc|root|run|sbin|srv|sys|usr|var|opt|home|Users|System|Library)(?:\/|$|\*))/;
const privateTmp = /^\/(?:tmp|var\/tmp|private\/tmp)(?:\/|$)/;
const startup =
  /(?:^|\/)(?:\.(?:bashrc|bash_profile|bash_login|bash_logout|profile|zshrc|zshenv|zprofile|zlogin|kshrc|inputrc|envrc|netrc|npmrc|pypirc|gitconfig|gitmodules|curlrc|wgetrc|vimrc|exrc|screenrc|tmux\.conf|xinitrc|xprofile|ripgreprc|pre-commit-config\.yaml)|authorized_keys|crontab|sudoers)$/;
const ownedByTools =
  /(?:^|\/)\.(?:git|ssh|gnupg|aws|kube|docker|claude|husky|vscode|idea|cargo|devcontainer|config\/git)(?:\/|$)/;
const secrets = /^\/proc\/(?:[^/]+|\*)\/(?:task\/[^/]+\/)?(?:environ|mem|fd|root|cwd|auxv|stack|maps)(?:\/|$)/;

/** Why writing there is more than writing a file; null where nothing speaks against it. */
export function criticalWrite(path: string): string | null {
  if (path === "~" || path.startsWith("~/")) return "it lies in the home folder";
  if (system.test(path) && !privateTmp.test(path)) return "it belongs to the system";
  if (startup.test(path)) return "it is read by programs when they start";
  if (ownedByTools.test(path)) return "it steers what other programs do";
  return null;
}

/** Whether the whole of something would go: the root, the home, the folder above, everything here. */
export function isWhole(path: string): boolean {
  return /^(?:\/|~\/?|\.|\.\/|\.\.(?:\/\.\.)*\/?|(?:\/|~\/|\.\/|(?:\.\.\/)+)?\*{1,2}|\/[^/]+\/?\*?|\.git\/?)$/.test(
    path,
  );
}

/** Reading it would show the environment or the memory of a process. */
export function isProcessSecret(path: string): boolean {
  return secrets.test(path);
}
