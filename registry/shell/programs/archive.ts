/** Archives: listing reads; packing and unpacking write, and what is unpacked replaces what is there. */
import type { Finding, GivenCall, Program } from "../program.ts";
import { unknown } from "../program.ts";
import type { ShellPath } from "../verdict.ts";

const long: Readonly<Record<string, string>> = {
  "--list": "t",
  "--extract": "x",
  "--get": "x",
  "--create": "c",
  "--verbose": "v",
  "--gzip": "z",
  "--bzip2": "j",
  "--xz": "J",
  "--zstd": "",
  "--to-stdout": "O",
  "--numeric-owner": "",
  "--full-time": "",
  "--no-same-owner": "",
  "--wildcards": "",
};

interface Tar {
  letters: string;
  readonly archives: string[];
  readonly folders: string[];
  readonly names: string[];
}

/** tar takes its letters with or without a dash, and theirs values after them. Other options may start programs. */
function readTar({ operands }: GivenCall): Tar | null {
  const words = operands.map(({ literal }) => literal);
  if (words.includes(null)) return null;
  const tar: Tar = { letters: "", archives: [], folders: [], names: [] };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const isCluster = at === 0 ? /^-?[a-zA-Z]+$/.test(word) : /^-[a-zA-Z]+$/.test(word);
    if (isCluster) {
      if (!/^-?[tvxczjJpkOafC]+$/.test(word)) return null;
      // Values of letters in one word come in their order; with a dash only the last may have one.
      const valued = [...word].filter((letter) => "fC".includes(letter));
      if (word.startsWith("-") && valued.length > 0 && !/[fC]$/.test(word)) return null;
      if (valued.length > 1 && word.startsWith("-")) return null;
      tar.letters += word.replace(/[-fC]/g, "");
      for (const letter of valued) {
        at += 1;
        const value = words[at];
        if (value === undefined || value === null) return null;
        (letter === "f" ? tar.archives : tar.folders).push(value);
      }
    } else if (word.startsWith("-")) {
      const [name = "", value] = word.split(/=(.*)/s);
      if (name === "--file" && value) tar.archives.push(value);
      else if (name === "--directory" && value) tar.folders.push(value);
      else if (/^--(?:exclude|strip-components|mode|owner|group|mtime|sort)$/.test(name) && value !== undefined)
        continue;
      else if (value === undefined && Object.hasOwn(long, name)) tar.letters += long[name] ?? "";
      else return null;
    } else tar.names.push(word);
  }
  return tar;
}

function inspectTar(call: GivenCall): Finding | undefined {
  if (call.operands.length === 1 && /^--(?:version|help)$/.test(call.operands[0]?.literal ?? "")) return undefined;
  const tar = readTar(call);
  if (tar === null) return unknown("an option of it is not known here");
  const deeds = [...tar.letters].filter((letter) => "txc".includes(letter));
  const archive = tar.archives[0];
  if (deeds.length !== 1 || tar.archives.length !== 1 || archive === undefined)
    return unknown("what it does is not certain");
  if (archive.includes(":")) return unknown("it fetches the archive from another machine");
  const folder = tar.folders.at(-1) ?? ".";
  if (tar.folders.length > 1) return unknown("which folder it works in is not certain");
  if (deeds[0] === "t") return { paths: [{ path: archive, access: "read" }] };
  if (deeds[0] === "x") {
    if (tar.letters.includes("O")) return { paths: [{ path: archive, access: "read" }] };
    return {
      risk: "mutating",
      rule: "extract",
      reason: `it unpacks into ${folder}`,
      paths: [
        { path: archive, access: "read" },
        { path: folder, access: "write" },
      ],
      loses: tar.letters.includes("k") ? [] : [`files in ${folder} that the archive holds too`],
    };
  }
  const paths: ShellPath[] = tar.names.map((path) => ({
    path: folder === "." ? path : `${folder}/${path}`,
    access: "read",
  }));
  if (archive !== "-") paths.push({ path: archive, access: "write" });
  const loses = archive === "-" ? [] : [`what ${archive} holds now`];
  return { risk: "mutating", rule: "create", reason: `it writes ${archive}`, paths, loses };
}

/** Packs in place unless it only lists, tests or prints. */
function packs({ given, operands }: GivenCall): Finding | undefined {
  if (given("-l --list -t --test -c --stdout --to-stdout") || operands.length === 0) return undefined;
  return {
    risk: "mutating",
    rule: "in-place",
    reason: "it replaces files by packed or unpacked ones",
    paths: operands.map(({ shown }) => ({ path: shown, access: "write" })),
  };
}

function unpacks({ given, operands, values }: GivenCall): Finding | undefined {
  if (given("-l -t -v -Z -p -c --help") || operands.length === 0) return undefined;
  const folder = values("-d")[0]?.shown ?? ".";
  return {
    risk: "mutating",
    rule: "extract",
    reason: `it unpacks into ${folder}`,
    paths: [{ path: folder, access: "write" }],
    loses: given("-n") ? [] : [`files in ${folder} that the archive holds too`],
  };
}

export const archive: readonly Program[] = [
  {
    names: "tar gtar bsdtar",
    risk: "read-only",
    reason: "lists an archive",
    style: "words",
    operands: { rest: "text" },
    inspect: inspectTar,
  },
  {
    names: "gzip gunzip bzip2 bunzip2 xz unxz zstd unzstd",
    risk: "read-only",
    reason: "packs or unpacks",
    digits: true,
    flags:
      "-c --stdout --to-stdout -d --decompress --uncompress -f --force -k --keep -l --list -n --no-name -N --name -q --quiet -t --test -v --verbose --fast --best -h --help -V --version",
    operands: { rest: "read" },
    inspect: packs,
  },
  {
    names: "zcat bzcat xzcat zstdcat",
    risk: "read-only",
    reason: "prints what is packed",
    flags: "-f --force -q --quiet -v --verbose --help --version",
    operands: { rest: "read" },
  },
  {
    names: "unzip",
    risk: "read-only",
    reason: "looks into an archive",
    flags: "-l -t -v -Z -1 -p -c -q -qq -o -n -j -a -C -L -u -h --help",
    takes: { "-d": "write", "-x": "text" },
    operands: { first: ["read"], rest: "text" },
    inspect: unpacks,
  },
  {
    names: "zipinfo",
    risk: "read-only",
    reason: "lists an archive",
    flags: "-1 -2 -s -m -l -v -h -t -T -z",
    operands: { first: ["read"], rest: "text" },
  },
  {
    names: "zip",
    risk: "mutating",
    reason: "writes an archive",
    digits: true,
    flags: "-r -q -j -u -v -y -X -D -g -o",
    takes: { "-x": "text", "-i": "text" },
    operands: { first: ["write"], rest: "read" },
    loses: "what {first} holds now",
  },
];
