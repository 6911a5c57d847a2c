/** What changes the machine under everyone: packages of the system, services, timers, editors and windows. */
import { type Finding, type Program, unknown } from "../program.ts";
import { as, changes, loses, obscure, onlyShows, type Rows, reaches, shows } from "./rows.ts";

const software: Finding = {
  risk: "destructive",
  rule: "machine",
  reason: "it changes the programs of the whole machine",
  hosts: ["*"],
  loses: ["programs of the machine as they are now"],
};
const opens: Finding = unknown("it opens a window or a screen", "screen");

const aptAsks = {
  flags:
    "-a --all-versions --installed --upgradable --manual-installed -q --quiet --names-only -n --full -f --no-all-versions",
  operands: { rest: "text" },
} as const;
const machineSoftware = loses("programs of the machine as they are now", "changes the programs of the whole machine", {
  inspect: () => ({ hosts: ["*"] }),
});

const aptRows: Rows = {
  ...as("list", shows("lists packages", aptAsks)),
  ...as("show search policy depends rdepends madison showpkg pkgnames stats", shows("shows packages", aptAsks)),
  ...as("update download source changelog", reaches("fetches from the package server")),
  ...as(
    "install reinstall remove purge autoremove upgrade full-upgrade dist-upgrade build-dep dselect-upgrade satisfy clean autoclean",
    machineSoftware,
  ),
  "edit-sources": obscure("opens an editor"),
};

const dpkg: Program = {
  names: "dpkg dpkg-deb",
  risk: "read-only",
  reason: "shows installed packages",
  flags:
    "-l --list -L --listfiles -s --status -S --search -p --print-avail --get-selections --print-architecture --print-foreign-architectures --version --help -c --contents -I --info -C --audit -V --verify",
  operands: { rest: "read" },
};

const dpkgQuery: Program = {
  ...dpkg,
  names: "dpkg-query",
  flags: "-l --list -L --listfiles -s --status -S --search -p --print-avail -W --show --version --help",
  takes: { "-f --showformat": "text" },
};

const unitAsks = {
  flags:
    "-a --all -l --full --no-pager --no-legend --plain -q --quiet --failed --user --system -r --recursive --reverse --value",
  takes: {
    "-n --lines": "text",
    "-o --output": "text",
    "-t --type": "text",
    "--state": "text",
    "-p --property": "text",
  },
  operands: { rest: "text" },
} as const;

const systemctlRows: Rows = {
  ...as(
    "status is-active is-enabled is-failed is-system-running list-units list-unit-files list-timers list-sockets list-dependencies list-jobs cat get-default",
    shows("shows services", unitAsks),
  ),
  show: shows("shows properties of services", {
    ...unitAsks,
    inspect: (call) => {
      const asked = call.values("-p").map(({ shown }) => shown);
      return asked.length > 0 && !asked.some((name) => /environment|exec|load|pass/i.test(name))
        ? undefined
        : unknown("it shows the environment of a service: ask for one property with -p", "environment");
    },
  }),
  ...as(
    "start stop restart reload try-restart reload-or-restart kill enable disable reenable mask unmask preset daemon-reload daemon-reexec set-default isolate reset-failed revert set-property link",
    loses("services as they run now", "changes services of the machine"),
  ),
  ...as(
    "reboot poweroff halt suspend hibernate rescue emergency kexec soft-reboot default exit",
    loses("everything that runs", "ends what the machine does"),
  ),
  ...as("edit set-environment unset-environment import-environment", obscure("changes what services run")),
};

const service: Finding = {
  risk: "destructive",
  rule: "machine",
  reason: "it changes services of the machine",
  loses: ["services as they run now"],
};

export const machine: readonly Program[] = [
  {
    names: "apt apt-get apt-cache aptitude",
    risk: "read-only",
    reason: "shows its version or how it is used",
    flags: "-v --version -h --help",
    subcommands: aptRows,
  },
  dpkg,
  dpkgQuery,
  onlyShows("apt-mark apt-key add-apt-repository", "showhold showmanual showauto", software),
  {
    names: "rpm",
    risk: "read-only",
    reason: "shows installed packages",
    flags:
      "-q --query -a --all -i --info -l --list -f --file -c --configfiles -d --docfiles -R --requires --provides --changelog --version --last -p --package",
    operands: { rest: "read" },
    inspect: (call) => {
      if (call.operands.some(({ shown }) => shown.includes("://")))
        return { ...software, reason: "it fetches a package" };
      return call.given("-q --query --version") ? undefined : software;
    },
  },
  onlyShows("dnf yum zypper apk pacman emerge nix nix-env port pkg", "--version -V", software),
  {
    names: "brew",
    risk: "read-only",
    reason: "shows its version or where it is",
    flags: "-v --version --prefix --cellar --repository --cache",
    subcommands: {
      ...as(
        "list ls",
        shows("lists installed packages", {
          flags: "-1 --formula --formulae --cask --casks --versions --full-name --pinned",
          operands: { rest: "text" },
        }),
      ),
      ...as(
        "leaves deps uses",
        shows("lists installed packages", {
          flags: "--installed --tree --installed-on-request",
          operands: { rest: "text" },
        }),
      ),
      ...as("info search outdated desc home doctor config update", reaches("asks for packages")),
      ...as(
        "install uninstall remove rm upgrade reinstall tap untap link unlink cleanup autoremove pin unpin services bundle cask",
        machineSoftware,
      ),
    },
    inspect: (call) => (call.options.length > 0 ? undefined : unknown("what it would do is not certain")),
  },
  onlyShows("snap flatpak", "list version --version", software),
  {
    names: "systemctl",
    ...shows("lists services", {
      flags: "--no-pager --failed -a --all --user --system --no-legend",
      takes: { "-t --type": "text", "--state": "text" },
    }),
    subcommands: systemctlRows,
  },
  {
    names: "journalctl",
    risk: "read-only",
    reason: "shows logs",
    digits: true,
    flags:
      "-f --follow -e --pager-end -x --catalog -r --reverse -k --dmesg --no-pager -q --quiet -a --all --disk-usage --list-boots -N --fields --utc --no-hostname --no-full -l --full --user --system",
    takes: {
      "-u --unit": "text",
      "--user-unit": "text",
      "-n --lines": "text",
      "-S --since": "text",
      "-U --until": "text",
      "-p --priority": "text",
      "-o --output": "text",
      "-t --identifier": "text",
      "-g --grep": "text",
      "-F --field": "text",
    },
    mayTake: { "-b --boot": "text" },
    operands: { rest: "text" },
    // It takes the next word for its number only where that is one; an option stays an option.
    inspect: (call) =>
      call.values("-n").every(({ shown }) => /^\+?\d+$|^all$/.test(shown))
        ? undefined
        : unknown("-n stands without a number", "value"),
  },
  {
    names: "service invoke-rc.d",
    risk: "read-only",
    reason: "shows the state of a service",
    style: "words",
    operands: { first: ["text", "text"], max: 2 },
    inspect: ({ operands }) => (operands.length === 2 && operands[1]?.literal === "status" ? undefined : service),
  },
  onlyShows("loginctl hostnamectl timedatectl localectl", "--version status", service),
  {
    names: "crontab",
    risk: "read-only",
    reason: "lists timed commands",
    flags: "-l -r -e -i",
    operands: { rest: "read" },
    inspect: (call) =>
      call.given("-l") && !call.given("-r -e") && call.operands.length === 0
        ? undefined
        : {
            risk: "destructive",
            rule: "write",
            reason: "it changes what runs at set times",
            loses: ["timed commands as they are now"],
          },
  },
  onlyShows("at batch", "-V -l", unknown("it runs text later", "later")),
  onlyShows("reboot shutdown poweroff halt init telinit", "--help", {
    risk: "destructive",
    rule: "machine",
    reason: "it ends what the machine does",
    loses: ["everything that runs"],
  }),
  onlyShows("useradd userdel usermod groupadd groupdel passwd chpasswd visudo adduser deluser chsh", "--help", {
    risk: "destructive",
    rule: "machine",
    reason: "it changes who may use the machine",
    loses: ["accounts as they are now"],
  }),
  onlyShows(
    "iptables ip6tables nft ufw firewall-cmd sysctl modprobe insmod rmmod mount umount swapon swapoff mkfs fdisk parted losetup cryptsetup",
    "-V --version",
    {
      risk: "destructive",
      rule: "machine",
      reason: "it changes the machine itself",
      loses: ["the machine as it is set up now"],
    },
  ),
  onlyShows("tmux", "-V ls list-sessions lsw list-windows", unknown("it runs programs in another screen", "screen")),
  onlyShows("screen", "-v --version -ls -list", unknown("it runs programs in another screen", "screen")),
  onlyShows("code cursor subl zed idea", "-v --version --list-extensions -h --help", opens),
  onlyShows("vim vi nvim nano emacs pico ed ex micro", "--version", opens),
  onlyShows("open xdg-open start explorer gnome-open wslview", "--version", opens),
  onlyShows("osascript powershell pwsh cmd", "", unknown("it runs code", "code")),
  { names: "gitk gitui lazygit tig", ...changes("opens a window"), risk: "unknown" },
];
