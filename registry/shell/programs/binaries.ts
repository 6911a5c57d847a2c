/** Programs that look at bytes: into binaries, of any file, or as a checksum of them. */
import { type Finding, type GivenCall, type Program, unknown } from "../program.ts";

/** GNU binutils read more options from a file named with `@`. */
function noResponseFile({ operands }: GivenCall): Finding | undefined {
  return operands.some(({ head }) => head.startsWith("@")) ? unknown("it takes options from a file") : undefined;
}

export const binaries: readonly Program[] = [
  {
    names: "od hexdump hd",
    risk: "read-only",
    reason: "prints bytes of files",
    flags:
      "-a -b -c -C --canonical -d -i -l -o -v -x --one-byte-octal --one-byte-char --two-bytes-decimal --two-bytes-octal --two-bytes-hex --no-squeezing --output-duplicates --traditional --help --version",
    takes: {
      "-A --address-radix": "text",
      "-e": "text",
      "-j --skip-bytes": "text",
      "-N --read-bytes": "text",
      "-n --length": "text",
      "-s --skip": "text",
      "-t --format": "text",
      "--endian": "text",
    },
    mayTake: { "-w --width": "text" },
    operands: { rest: "read" },
  },
  {
    names: "xxd",
    risk: "read-only",
    reason: "prints bytes of a file",
    style: "single-dash",
    flags: "-a -b -bits -C -e -E -i -p -ps -plain -postscript -r -revert -u -uppercase -v -h",
    takes: {
      "-c -cols": "text",
      "-g -groupsize": "text",
      "-l -len": "text",
      "-n -name": "text",
      "-o": "text",
      "-s -seek": "text",
      "-R": "text",
    },
    operands: { first: ["read"] }, // a second one would be written
  },
  {
    names: "strings",
    risk: "read-only",
    reason: "prints the texts within files",
    digits: true,
    flags: "-a --all -d --data -f --print-file-name -o -w --include-all-whitespace --help --version",
    takes: { "-n --bytes": "text", "-t --radix": "text", "-e --encoding": "text", "-s --output-separator": "text" },
    operands: { rest: "read" },
    inspect: noResponseFile,
  },
  {
    names: "md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum shasum",
    risk: "read-only",
    reason: "prints or compares checksums",
    flags:
      "-b --binary -c --check -t --text -z --zero --tag --ignore-missing --quiet --status --strict -w --warn --untagged --raw --base64 --help --version",
    takes: { "-a --algorithm": "text", "-l --length": "text" },
    operands: { rest: "read" },
  },
  {
    names: "base64 base32 basenc",
    risk: "read-only",
    reason: "encodes or decodes",
    flags: "-d --decode -D -i --ignore-garbage --base64 --base64url --base32 --base16 --help --version",
    takes: { "-w --wrap": "text" },
    operands: { first: ["read"] },
  },
  {
    names: "nm size readelf objdump",
    risk: "read-only",
    reason: "tells what is in a binary",
    flags:
      "-a --all --all-headers -A -B -C --demangle -D --dynamic -d --disassemble -e -f --file-headers -g --extern-only -h --file-header --section-headers -l -n --numeric-sort -p -P -r --reloc --relocs -R -s --syms --symbols -S --sections -t -T -u --undefined-only -V -v -w -W -x --help --version --defined-only --dynamic-syms --no-show-raw-insn --segments --program-headers",
    takes: { "-j --section": "text", "-M --disassembler-options": "text" },
    operands: { rest: "read" },
    inspect: noResponseFile,
  },
  {
    names: "ar",
    risk: "read-only",
    reason: "lists an archive of objects",
    style: "words",
    operands: { first: [["t", "tv", "p", "-t", "-tv", "--version"], "read"], rest: "text" },
    inspect: noResponseFile,
  },
  {
    names: "jar",
    risk: "read-only",
    reason: "lists an archive of classes",
    style: "words",
    operands: { first: [["tf", "tvf", "-tf", "-tvf", "--version"], "read"], rest: "text" },
    inspect: noResponseFile,
  },
];
