/** Laws of the system call filter, run by an interpreter of its own over every call number. */
import { describe, expect, it } from "vitest";
import { seccompFilter } from "../../../../infra/bwrap/seccomp.ts";
import { looked, type Machine, numberOf, refused, unknown } from "../../../../infra/bwrap/syscalls.ts";

const ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const errno = (number: number): number => 0x00050000 + number;

/** What the kernel would do: classic BPF over the fields of a call. Throws on an instruction that it would not take. */
function verdict(filter: Buffer, arch: number, number: number, args: readonly number[] = []): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(arch >>> 0, 4);
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(BigInt(value), 16 + index * 8);
  let loaded = 0;
  for (let at = 0; at < filter.length / 8; at += 1) {
    const code = filter.readUInt16LE(at * 8);
    const value = filter.readUInt32LE(at * 8 + 4);
    const here = at * 8;
    const jump = (holds: boolean): number => filter.readUInt8(here + (holds ? 2 : 3));
    if (code === 0x20) loaded = data.readUInt32LE(value);
    else if (code === 0x15) at += jump(loaded === value);
    else if (code === 0x35) at += jump(loaded >= value);
    else if (code === 0x45) at += jump((loaded & value) !== 0);
    else if (code === 0x06) return value;
    else throw new Error(`instruction ${code}`);
  }
  throw new Error("ran off the end");
}

describe.each(["x64", "arm64"] as const)("%s", (machine: Machine) => {
  const filter = seccompFilter(machine);
  const call = (name: keyof typeof looked, ...args: number[]): number | null => {
    const number = numberOf(looked[name], machine);
    return number === null ? null : verdict(filter, ARCH[machine], number, args);
  };

  it("every call ends in an answer, and what stands in no list is allowed", () => {
    const listed = new Set(
      [...Object.values({ ...refused, ...unknown, ...looked })].map((row) => numberOf(row, machine)),
    );
    let allowed = 0;
    for (let number = 0; number < 600; number += 1) {
      const answer = verdict(filter, ARCH[machine], number);
      if (listed.has(number)) continue;
      expect([number, answer]).toEqual([number, ALLOW]);
      allowed += 1;
    }
    expect(allowed).toBeGreaterThan(500);
  });

  it("the lists answer as they say", () => {
    for (const row of Object.values(refused)) {
      const number = numberOf(row, machine);
      if (number !== null) expect(verdict(filter, ARCH[machine], number)).toBe(errno(1));
    }
    for (const row of Object.values(unknown)) {
      expect(verdict(filter, ARCH[machine], numberOf(row, machine) ?? -1)).toBe(errno(38));
    }
  });

  it("calls of another machine type kill", () => {
    for (const arch of [0x40000003, 0x40000028, ARCH[machine === "x64" ? "arm64" : "x64"]]) {
      expect(verdict(filter, arch, 1)).toBe(KILL);
    }
    if (machine === "x64") expect(verdict(filter, ARCH.x64, 0x40000000 + 101)).toBe(KILL);
  });

  it("each namespace flag of clone is refused, a fork and a thread are not", () => {
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(call("clone", flag | 17)).toBe(errno(1));
    }
    expect(call("clone", 17)).toBe(ALLOW);
    expect(call("clone", 0x3d0f00)).toBe(ALLOW);
  });

  it("sockets are unix, internet, and netlink's routes", () => {
    const open = Array.from({ length: 50 }, (_, family) => family).filter(
      (family) => call("socket", family, 1, 0) === ALLOW,
    );
    expect(open).toEqual([1, 2, 10, 16]);
    for (let protocol = 1; protocol < 25; protocol += 1) expect(call("socket", 16, 3, protocol)).toBe(errno(97));
    expect(call("socketpair", 1, 1, 0)).toBe(ALLOW);
    expect(call("socketpair", 2, 1, 0)).toBe(errno(97));
  });

  it("no mode that lends rights passes, in whatever call it comes", () => {
    for (const bit of [0o4000, 0o2000, 0o6755]) {
      for (const name of ["chmod", "fchmod", "creat", "mknod"] as const) {
        expect([null, errno(1)]).toContain(call(name, 0, bit));
      }
      for (const name of ["fchmodat", "fchmodat2", "mknodat"] as const) expect(call(name, 0, 0, bit)).toBe(errno(1));
      for (const flags of [0o100, 0o101, 0o20200000]) {
        expect(call("openat", 0, 0, flags, bit)).toBe(errno(1));
        expect([null, errno(1)]).toContain(call("open", 0, flags, bit));
      }
      expect(call("openat", 0, 0, 0o2, bit)).toBe(ALLOW);
    }
    expect(call("fchmodat", 0, 0, 0o755)).toBe(ALLOW);
    expect(call("openat", 0, 0, 0o101, 0o644)).toBe(ALLOW);
  });

  it("nobody types into a terminal on another's behalf", () => {
    for (const request of [0x5412, 0x541c]) expect(call("ioctl", 1, request)).toBe(errno(1));
    expect(call("ioctl", 1, 0x5401)).toBe(ALLOW);
  });
});
