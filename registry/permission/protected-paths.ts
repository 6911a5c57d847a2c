/**
 * What no rule of a configuration opens, as data: secrets, which are not read unasked, and files that give power to
 * whoever writes them. Names are compared folded; what is here is judged by name alone, wherever it lies.
 */

export interface ProtectedRow {
  /** For the person who is asked. */
  readonly what: string;
  /** What becomes of reading; null: nothing special. */
  readonly read: "ask" | "deny" | null;
  readonly write: "ask" | "deny";
  /**
   * Lower case; `*` within one name. Parts are compared from the end of a path; with a slash at the end it is a folder,
   * and everything in it; with one at the beginning it counts from the root.
   */
  readonly paths: string;
}

/** Made to be read and copied: they hold no secret although their names look like it. */
export const SAMPLES = /\.(example|sample|template|tmpl|dist|defaults|schema)$|\.pub$/;

export const PROTECTED: readonly ProtectedRow[] = [
  {
    what: "statehive's own data",
    read: "deny",
    write: "deny",
    paths: ".swarm/",
  },
  {
    what: "an environment file with secrets",
    read: "ask",
    write: "ask",
    paths: ".env .env.* *.env .envrc .env-* .dev.vars .flaskenv",
  },
  {
    what: "a private key or a store of certificates",
    read: "ask",
    write: "ask",
    paths:
      "id_rsa id_dsa id_ecdsa id_ed25519 id_ecdsa_sk id_ed25519_sk id_rsa.* *_rsa *_ed25519 *_ecdsa *.pem *.key *.p12 *.pfx *.jks *.keystore *.kdbx *.ppk *.p8 .ssh/ .gnupg/ .password-store/ /etc/ssl/private/ /etc/ssh/",
  },
  {
    what: "stored credentials",
    read: "ask",
    write: "ask",
    paths: [
      ".netrc _netrc .npmrc .yarnrc.yml .pypirc .pgpass .my.cnf .mylogin.cnf .git-credentials .htpasswd .dockercfg .docker/config.json",
      ".kube/ *.kubeconfig .aws/ .azure/ .config/gcloud/ .config/gh/ .config/glab-cli/ .config/hub .config/op/ .config/rclone/ .boto .s3cfg",
      ".cargo/credentials .cargo/credentials.toml .gem/credentials .vault-token .terraformrc .terraform.d/ *.tfstate *.tfstate.backup *.tfvars",
      "credentials credentials.json credentials.yml credentials.yaml client_secret*.json service-account*.json service_account*.json",
      "secrets.json secrets.yml secrets.yaml secrets.toml secret.json secret.yml secret.yaml .secrets .secret master.key auth.json .claude.json .claude/.credentials.json",
      ".config/git/credentials .m2/settings.xml .gradle/gradle.properties .subversion/auth/ .local/share/keyrings/ keychains/ login.keychain-db",
    ].join(" "),
  },
  {
    what: "the history of a shell or client",
    read: "ask",
    write: "ask",
    paths:
      ".bash_history .zsh_history .history .sh_history .python_history .node_repl_history .psql_history .mysql_history .sqlite_history .rediscli_history .lesshst .viminfo",
  },
  {
    what: "a browser's profile",
    read: "ask",
    write: "ask",
    paths: ".mozilla/ .config/google-chrome/ .config/chromium/ cookies.sqlite key4.db logins.json",
  },
  {
    what: "accounts and secrets of the system",
    read: "ask",
    write: "ask",
    paths:
      "/etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow- /etc/passwd /etc/sudoers /etc/sudoers.d/ /etc/krb5.keytab /etc/crontab /etc/cron.d/ /etc/ld.so.preload /var/spool/cron/ /root/ /run/secrets/ /var/run/secrets/ /proc/kcore /proc/*/environ /proc/*/mem /proc/*/cmdline /proc/*/fd/ /proc/*/root/ /proc/*/cwd/ /proc/*/maps /dev/mem /dev/kmem /dev/sd* /dev/nvme* /dev/vd* /dev/disk/ /dev/tcp/ /dev/udp/ docker.sock",
  },
  {
    what: "a file that a shell or editor runs when it starts",
    read: null,
    write: "ask",
    paths:
      ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .cshrc .tcshrc .login .logout .inputrc .xprofile .xinitrc .xsession .config/fish/ .config/autostart/ .config/systemd/ .pam_environment .vimrc .config/nvim/ .emacs .emacs.d/ .tmux.conf .screenrc .gdbinit .lldbinit .pythonrc .irbrc .pryrc .rprofile",
  },
  {
    what: "git's configuration",
    read: "ask",
    write: "ask",
    paths: ".git/config .git/config.worktree .gitconfig .config/git/config",
  },
  {
    what: "git's own data, hooks included",
    read: null,
    write: "ask",
    paths: ".git/ .gitmodules .config/git/ .githooks/ .husky/ .hg/ .svn/ .jj/",
  },
  {
    what: "the definition of what CI runs",
    read: null,
    write: "ask",
    paths:
      ".github/workflows/ .github/actions/ .gitlab-ci.yml .gitlab-ci.yaml .gitlab/ci/ .circleci/ .travis.yml azure-pipelines.yml bitbucket-pipelines.yml jenkinsfile .drone.yml .buildkite/ .woodpecker/ .woodpecker.yml .forgejo/workflows/ .gitea/workflows/ appveyor.yml .appveyor.yml .teamcity/ cloudbuild.yaml",
  },
  {
    what: "settings of agents and editors",
    read: null,
    write: "ask",
    paths:
      ".claude/ swarm.skills/ swarm.agents/ .mcp.json .cursor/ .vscode/ .idea/ .devcontainer/ .devcontainer.json .zed/ .codex/ .gemini/ *.code-workspace",
  },
  {
    what: "statehive's configuration",
    read: null,
    write: "ask",
    paths: "swarm.config.json swarm.config.mjs",
  },
  {
    what: "settings that make tools run code",
    read: null,
    write: "ask",
    paths:
      ".cargo/ .yarn/ .mvn/ .yarnrc .yarnrc.yaml .pnp.* .pnpmfile.cjs .pre-commit-config.yaml .pre-commit-config.yml lefthook.yml lefthook.yaml .lefthook.yml .lefthook.yaml lefthook-local.yml .ripgreprc .bazelrc bunfig.toml .tool-versions .mise.toml mise.toml .direnv/ .gitattributes .curlrc .wgetrc .condarc",
  },
];

/**
 * Read by everybody, secret to nobody, and the same on every machine: a command may read them although they lie
 * outside of the workspace.
 */
export const PUBLIC_READ: readonly string[] = [
  "/dev/null",
  "/dev/zero",
  "/dev/stdin",
  "/usr/include/",
  "/usr/lib/",
  "/usr/share/",
  "/usr/bin/",
  "/usr/local/bin/",
  "/bin/",
  "/lib/",
  "/etc/os-release",
  "/etc/debian_version",
  "/etc/alpine-release",
  "/etc/redhat-release",
  "/etc/lsb-release",
  "/proc/cpuinfo",
  "/proc/meminfo",
  "/proc/version",
  "/proc/loadavg",
  "/proc/uptime",
];

/** Take what is written and keep nothing of it. */
export const PUBLIC_WRITE: readonly string[] = ["/dev/null", "/dev/stdout", "/dev/stderr"];
