/**
 * Programs that are never let through, named so that a person is told why: what runs text or other programs out of
 * sight, and what acts on the machine. Their parts are found where they can be, for the rules that deny.
 */
import type { Finding, GivenCall, Program } from "../program.ts";
import { unknown } from "../program.ts";

function never(names: string, reason: string, more: Partial<Program> = {}): Program {
  return { names, risk: "unknown", reason, style: "words", globs: true, operands: { rest: "text" }, ...more };
}

function breaks(names: string, reason: string): Program {
  return never(names, reason, { risk: "destructive", loses: "what {operands} holds or does now" });
}

/** A shell's text stands behind `-c`; without it, it is a file or its input. */
function shellText({ operands }: GivenCall): Finding | undefined {
  if (operands.length === 1 && operands[0]?.literal === "--version") return undefined;
  const at = operands.findIndex(({ literal }) => literal !== null && /^-[a-zA-Z]*c[a-zA-Z]*$/.test(literal));
  const text = at < 0 ? null : operands[at + 1]?.literal;
  const files = at < 0 ? operands.filter(({ head }) => head !== "" && !/^[-+]/.test(head)).slice(0, 1) : [];
  return {
    ...unknown("it runs a script that is not judged here", "script"),
    lines: text ? [text] : [],
    paths: files.map(({ shown }) => ({ path: shown, access: "read" })),
  };
}

function wholeText({ operands }: GivenCall): Finding {
  return {
    ...unknown("it runs its words as shell text", "text"),
    lines: [operands.map(({ shown }) => shown).join(" ")],
  };
}

export const danger: readonly Program[] = [
  // What they are given decides: `inspect` lets nothing pass but the question for the version.
  never("sh bash dash zsh ksh fish ash mksh tcsh csh", "runs shell text", { risk: "read-only", inspect: shellText }),
  never("eval", "runs its words as shell text", { inspect: wholeText }),
  never("watch", "runs its words as shell text, again and again", { inspect: wholeText }),
  never("trap", "runs text later", {
    inspect: ({ operands }) => ({ lines: operands.slice(0, 1).map(({ shown }) => shown) }),
  }),
  never("source .", "runs a file in this shell", {
    inspect: ({ operands }) => ({ paths: operands.slice(0, 1).map(({ shown }) => ({ path: shown, access: "read" })) }),
  }),
  never("sudo doas su pkexec runuser chroot unshare nsenter setpriv fakeroot", "acts with other rights", {
    wraps: "hidden",
  }),
  never("env", "shows the environment or starts a program with another one", { wraps: "hidden" }),
  never(
    "exec setsid flock strace ltrace gdb valgrind perf script parallel busybox toybox chronic ts proxychains torsocks catchsegv rlwrap expect coproc",
    "starts programs out of sight",
    {
      wraps: "hidden",
    },
  ),
  never(
    "export declare typeset local readonly set shopt unset alias unalias enable read mapfile readarray let getopts bind complete history fc",
    "changes or shows the state of the shell",
  ),
  never("less more most man info pg view", "waits for a person, and can start programs"),
  never("tftp", "reaches another machine", {
    inspect: () => ({ hosts: ["*"] }),
  }),
  never("bc dc m4", "runs a language of its own"),
  breaks(
    "mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.fat mkfs.ntfs mke2fs mkswap wipefs sfdisk cfdisk gdisk sgdisk blkdiscard hdparm",
    "works on disks",
  ),
  breaks("setenforce", "changes the machine"),
  breaks("chattr setfacl setcap", "changes who may do what, or what runs later"),
];
