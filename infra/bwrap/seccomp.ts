/**
 * The system call filter of a confined command, as the bytes that bubblewrap loads: a classic BPF program that lets
 * everything pass but what stands in `syscalls.ts`. Another machine type's calls (32-bit, x32) kill the process.
 *
 *   the call's machine ≠ ours, or x32  → kill
 *   a call that is looked into          → its arguments decide
 *   a call in a list                    → EPERM, or ENOSYS
 *   everything else                     → allowed
 */
import { looked, type Machine, numberOf, refused, unknown } from "./syscalls.ts";

// linux/bpf_common.h, linux/seccomp.h, asm-generic/errno*.h
const LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const IF_AT_LEAST = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const IF_ANY_BIT = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K
const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const fails = (errno: number): number => 0x00050000 | errno;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

// Offsets in struct seccomp_data; arguments are 64 bits wide, little-endian on both machines: the low half comes first.
const NUMBER = 0;
const ARCH = 4;
const argument = (index: number): number => 16 + 8 * index;

const AUDIT_ARCH: Readonly<Record<Machine, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const X32 = 0x40000000;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const CLONE_NEW = 0x7e020000;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
/** Typing into a terminal on somebody's behalf. */
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
/** S_ISUID | S_ISGID: a file that lends its owner's rights, and outlives the sandbox. */
const LENDS_RIGHTS = 0o6000;
/** O_CREAT, and the bit that O_TMPFILE adds; without them the mode of an open means nothing. */
const MAKES_A_FILE = 0o100 | 0o20000000;

interface Instruction {
  readonly code: number;
  readonly value: number;
  /** Instructions to skip where the test holds, and where it does not. */
  readonly yes: number;
  readonly no: number;
}

const step = (code: number, value: number, yes = 0, no = 0): Instruction => ({ code, value, yes, no });
const load = (offset: number): Instruction => step(LOAD, offset);
const end = (value: number): Instruction => step(RETURN, value);

/** The filter for processes of this machine type. Pure: the same bytes each time. */
export function seccompFilter(machine: Machine): Buffer {
  const program: Instruction[] = [
    load(ARCH),
    step(IF_EQUAL, AUDIT_ARCH[machine], 1, 0),
    end(KILL),
    load(NUMBER),
    ...(machine === "x64" ? [step(IF_AT_LEAST, X32, 0, 1), end(KILL)] : []),
    ...lookedInto(machine),
    ...listed(refused, machine, fails(EPERM)),
    ...listed(unknown, machine, fails(ENOSYS)),
    end(ALLOW),
  ];
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, value, yes, no }, index) => {
    if (yes > 255 || no > 255) throw new Error("a jump of the system call filter is too long");
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(yes, index * 8 + 2);
    bytes.writeUInt8(no, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  });
  return bytes;
}

function listed(calls: typeof refused, machine: Machine, answer: number): Instruction[] {
  return Object.values(calls).flatMap((numbers) => {
    const number = numberOf(numbers, machine);
    return number === null ? [] : [step(IF_EQUAL, number, 0, 1), end(answer)];
  });
}

function lookedInto(machine: Machine): Instruction[] {
  const blocks: (readonly [keyof typeof looked, readonly Instruction[]])[] = [
    ["clone", [load(argument(0)), step(IF_ANY_BIT, CLONE_NEW, 0, 1), end(fails(EPERM)), end(ALLOW)]],
    ["socket", socketBlock()],
    ["socketpair", [load(argument(0)), step(IF_EQUAL, AF_UNIX, 0, 1), end(ALLOW), end(fails(EAFNOSUPPORT))]],
    [
      "ioctl",
      [
        load(argument(1)),
        step(IF_EQUAL, TIOCSTI, 1, 0),
        step(IF_EQUAL, TIOCLINUX, 0, 1),
        end(fails(EPERM)),
        end(ALLOW),
      ],
    ],
    ["chmod", modeBlock(1)],
    ["fchmod", modeBlock(1)],
    ["fchmodat", modeBlock(2)],
    ["fchmodat2", modeBlock(2)],
    ["mknod", modeBlock(1)],
    ["mknodat", modeBlock(2)],
    ["creat", modeBlock(1)],
    ["open", openBlock(1)],
    ["openat", openBlock(2)],
  ];
  return blocks.flatMap(([name, block]) => {
    const number = numberOf(looked[name], machine);
    return number === null ? [] : [step(IF_EQUAL, number, 0, block.length), ...block];
  });
}

/** Unix, internet and (for the list of interfaces) netlink's routing; no vsock, packets, bluetooth and whatever comes. */
function socketBlock(): Instruction[] {
  return [
    load(argument(0)),
    step(IF_EQUAL, AF_UNIX, 6, 0),
    step(IF_EQUAL, AF_INET, 5, 0),
    step(IF_EQUAL, AF_INET6, 4, 0),
    step(IF_EQUAL, AF_NETLINK, 0, 2),
    load(argument(2)),
    step(IF_EQUAL, NETLINK_ROUTE, 1, 0),
    end(fails(EAFNOSUPPORT)),
    end(ALLOW),
  ];
}

/** A mode in this argument must not lend rights. */
function modeBlock(index: number): Instruction[] {
  return [load(argument(index)), step(IF_ANY_BIT, LENDS_RIGHTS, 0, 1), end(fails(EPERM)), end(ALLOW)];
}

/** The same for an open that makes the file; the flags stand in this argument, the mode behind them. */
function openBlock(index: number): Instruction[] {
  return [load(argument(index)), step(IF_ANY_BIT, MAKES_A_FILE, 1, 0), end(ALLOW), ...modeBlock(index + 1)];
}
