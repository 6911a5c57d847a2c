/**
 * What an agent is told of the skills it may open, before it opens one: a bounded block of its prompt, made once with
 * its session and never changed. Descriptions are somebody else's words and cannot end the block.
 */

interface ToldSkill {
  readonly name: string;
  readonly description: string;
}

/** Of one description, and of the block, in UTF-16 units: some 4,000 tokens. */
const DESCRIPTION_CHARS_MAX = 1_024;
const BLOCK_CHARS_MAX = 16_000;
/** Tried in this order until all of them fit; the last one is names alone. */
const LENGTHS = [DESCRIPTION_CHARS_MAX, 512, 256, 128, 64, 0];

/** Null where there are none. Pure: equal skills give an equal block. */
export function skillsBlock(skills: readonly ToldSkill[]): string | null {
  if (skills.length === 0) return null;
  const sorted = [...skills].sort((left, right) => (left.name < right.name ? -1 : 1));
  const [length, rows] = fitting(sorted);
  const shown = within(rows, BLOCK_CHARS_MAX);
  const left = sorted.length - shown.length;
  const notes = [
    ...(length < DESCRIPTION_CHARS_MAX ? [`[descriptions are cut to ${length} characters]`] : []),
    ...(left > 0
      ? [`[${left} more skills are not listed: ${BLOCK_CHARS_MAX} characters are all the room there is]`]
      : []),
  ];
  return [
    "Skills are instructions that somebody wrote for certain tasks. Where a description fits your task, open the skill by Skill before you begin; it gives you no rights.",
    "<skills>",
    ...shown,
    ...notes,
    "</skills>",
  ].join("\n");
}

function fitting(skills: readonly ToldSkill[]): readonly [number, readonly string[]] {
  let found: readonly [number, readonly string[]] = [0, []];
  for (const length of LENGTHS) {
    found = [length, skills.map((skill) => row(skill, length))];
    if (found[1].join("\n").length <= BLOCK_CHARS_MAX) break;
  }
  return found;
}

function within(rows: readonly string[], charsMax: number): string[] {
  const shown: string[] = [];
  let chars = 0;
  for (const one of rows) {
    chars += one.length + 1;
    if (chars > charsMax) break;
    shown.push(one);
  }
  return shown;
}

function row({ name, description }: ToldSkill, length: number): string {
  const line = description.replaceAll(/\s+/g, " ").trim();
  const cut = line.length <= length ? line : `${wholeCharacters(line, length - 1)}…`;
  return length === 0 ? `- ${name}` : `- ${name}: ${cut.replaceAll("<", "‹")}`;
}

function wholeCharacters(text: string, end: number): string {
  const last = text.charCodeAt(end - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end);
}
