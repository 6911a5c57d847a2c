/** jq and yq: filters over data. Those that show the environment, load code or write are not known here. */
import type { Finding, GivenCall, Program, Row } from "../program.ts";
import { unknown } from "../program.ts";

const json: Program = {
  names: "jq gojq jaq",
  risk: "read-only",
  reason: "picks from JSON",
  flags:
    "-r --raw-output -c --compact-output -n --null-input -e --exit-status -s --slurp -S --sort-keys -C --color-output -M --monochrome-output -a --ascii-output -j --join-output -R --raw-input --raw-output0 --tab --seq --stream --stream-errors --unbuffered -h --help -V --version",
  takes: { "--indent": "text" },
  takesTwo: { "--arg": "text", "--argjson": "text", "--slurpfile": "read", "--rawfile": "read" },
  operands: { first: ["literal"], rest: "read" },
  inspect: ({ operands: [filter] }) => judgeFilter(filter?.literal ?? "."),
};

/** A field may have any of these names: `.env`. */
const powers = /\bENV\b|__prog|(?<!(?<!\.)\.)\b(?:env|import|include|modulemeta|get_search_list|input_filename)\b/;

function judgeFilter(filter: string): Finding | undefined {
  return powers.test(filter) ? unknown("its filter shows the environment or loads code", "filter") : undefined;
}

const yamlPowers =
  /\bENV\b|(?<!(?<!\.)\.)\b(?:env|strenv|envsubst|load\w*|eval|system|import|include|input_filename|filename)\b/;

const yamlRow: Row = {
  risk: "read-only",
  reason: "picks from YAML",
  flags:
    "-r --unwrapScalar -P --prettyPrint -j --tojson -n --null-input -N --no-doc -C --colors -M --no-colors -e --exit-status -0 --nul-output -i --inplace --in-place -y --yaml-output -Y -V --version -h --help -v --verbose",
  takes: { "-o --output-format": "text", "-p --input-format": "text", "-I --indent": "text" },
  operands: { first: ["literal"], rest: "read" },
  inspect: inspectYaml,
};

function inspectYaml({ operands, given }: GivenCall): Finding | undefined {
  // yq takes a lone file for the file, and then there is no filter.
  if (yamlPowers.test(operands[0]?.literal ?? ""))
    return unknown("its filter shows the environment or loads code", "filter");
  const alone = operands.length === 1 && /\.(?:ya?ml|json)$/.test(operands[0]?.literal ?? "") ? operands : [];
  const read = alone.map(({ shown }) => ({ path: shown, access: "read" }) as const);
  if (!given("-i --inplace --in-place")) return { paths: read };
  const files = operands.slice(1).map(({ shown }) => shown);
  return {
    risk: "mutating",
    reason: "it edits files in place",
    rule: "in-place",
    paths: files.map((path) => ({ path, access: "write" })),
    loses: files.map((path) => `the present text of ${path}`),
  };
}

export const data: readonly Program[] = [
  json,
  {
    ...yamlRow,
    names: "yq",
    subcommands: { e: yamlRow, eval: yamlRow, ea: yamlRow, "eval-all": yamlRow },
  },
];
