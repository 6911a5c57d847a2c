/** The completion scripts of three shells. Whatever comes into one is quoted: a description may hold any character. */
import type { CompletedCommand, CompletedFlag, Kind } from "./words.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export const scriptFor: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** One word for a POSIX shell, and for zsh. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const spellings = ({ long, short }: CompletedFlag): string[] => (short === null ? [long] : [short, long]);

function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.flatMap(({ name, flags, words, takes }) => [
    `    ${name})`,
    `      flags=${quoted(flags.map(({ long }) => long).join(" "))}`,
    `      words=${quoted(words.join(" "))}`,
    `      takes=${takes ?? ""}`,
    `      case "$before" in`,
    ...flags
      .filter(({ takes }) => takes !== null)
      .map((flag) => `        ${spellings(flag).join("|")}) takes=${flag.takes} words= behind=1 ;;`),
    `      esac`,
    `      ;;`,
  ]);
  return `# Completion of swarm for bash: source <(swarm completion bash)
_swarm() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local flags= words= takes= behind=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted([...commands.map(({ name }) => name), "--help", "--version"].join(" "))} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  if [ -z "$behind" ]; then
    case "$current" in
      -*) COMPREPLY=($(compgen -W "$flags --help" -- "$current")); return ;;
    esac
    if [ -n "$words" ] && [ "$COMP_CWORD" -eq 2 ]; then
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      return
    fi
  fi
  case "$takes" in
    file) compopt -o default 2>/dev/null; COMPREPLY=() ;;
    folder) compopt -o dirnames 2>/dev/null; COMPREPLY=() ;;
  esac
}
complete -F _swarm swarm
`;
}

/** In zsh's specifications brackets and colons part what is what. */
const inSpec = (text: string): string => text.replace(/[\\[\]:]/g, (character) => `\\${character}`);
const zshTakes: Readonly<Record<Kind, string>> = { file: "_files", folder: "_files -/", other: " " };

function zshScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.flatMap(({ name, flags, words, takes }) => [
    `    ${name})`,
    `      _arguments \\`,
    ...flags.flatMap((flag) =>
      spellings(flag).map((spelling) => {
        const behind = flag.takes === null ? "" : `:value:${zshTakes[flag.takes]}`;
        return `        ${quoted(`*${spelling}[${inSpec(flag.description)}]${behind}`)} \\`;
      }),
    ),
    ...(words.length === 0 ? [] : [`        ${quoted(`1:action:(${words.join(" ")})`)} \\`]),
    `        ${quoted(`*:argument:${takes === null ? " " : zshTakes[takes]}`)}`,
    `      ;;`,
  ]);
  return `#compdef swarm
# Completion of swarm for zsh: swarm completion zsh > a folder of $fpath/_swarm
_swarm() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${inSpec(summary)}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands 'swarm command' commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = _swarm ]; then _swarm "$@"; else compdef _swarm swarm; fi
`;
}

const inFish = (text: string): string => `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;
const fishTakes: Readonly<Record<Kind, string>> = {
  file: " -r -F",
  folder: " -x -a '(__fish_complete_directories)'",
  other: " -x",
};

function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, summary, flags, words, takes }) => {
    const seen = `complete -c swarm -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c swarm -n __fish_use_subcommand -a ${name} -d ${inFish(summary)}`,
      ...(words.length === 0
        ? []
        : [
            `${seen.slice(0, -1)}; and not __fish_seen_subcommand_from ${words.join(" ")}' -a ${inFish(words.join(" "))}`,
          ]),
      ...(takes === "file" || takes === "folder" ? [`${seen} -F`] : []),
      ...flags.map((flag) => {
        const short = flag.short === null ? "" : ` -s ${flag.short.slice(1)}`;
        return `${seen} -l ${flag.long.slice(2)}${short}${flag.takes === null ? "" : fishTakes[flag.takes]} -d ${inFish(flag.description)}`;
      }),
    ];
  });
  return `# Completion of swarm for fish: swarm completion fish > ~/.config/fish/completions/swarm.fish
complete -c swarm -f
${lines.join("\n")}
`;
}
