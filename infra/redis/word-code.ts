/**
 * Text as the places of its words in a fixed list, written in as few bits as the commonest deserve: a third of a log entry's
 * length and half of a conversation's at a tenth of what deflating such small texts takes. What is damaged is refused.
 */

/** Characters of text that are written this way, at most; longer ones are better deflated. */
export const CODED_MAX_LENGTH = 4_096;

/** A word is written as its class in two bits and its place there in so many: the first 16 take 6, the last 1,024 take 12. */
const CLASS_BITS = [4, 6, 8, 10] as const;
const CLASS_FROM = [0, 16, 80, 336] as const;
const WORDS_MAX = 1_360;
/** What the lists write for that which no source file can hold, or only badly. */
const SEPARATOR = "¦";
const END_SIGN = "␃";
/** One byte with a count, then so many bytes as they are. */
const RAW_SIGN = "␛";
/** Sixteen hexadecimal digits behind a quotation mark, or behind sixteen others, as eight bytes. */
const HASH_SIGN = "⌗";
const SIGNS: ReadonlyMap<string, string> = new Map([
  ["§", "\u0001"],
  ["¤", "\u0002"],
  ["¥", "\u0003"],
  ["´", "`"],
]);
const RAW_MAX = 255;
const HASH_DIGITS = 16;

export interface WordCode {
  /** Bytes as latin1; `opening` stands before them as it is. Throws RangeError past {@link CODED_MAX_LENGTH}. */
  coded(text: string, opening: number): string;
  /** The other way round, from behind the opening. Throws where it was not made by `coded` of the same list, or is not whole. */
  decoded(stored: Buffer): string;
}

interface Tree {
  /**
   * Of each node, from the lowest bits: the word that ends there, plus one; the only character that leads on, to the node
   * after it, 0 where none or several do; where several do, its row in `rows`, of which 0 is the root's.
   */
  readonly nodes: Int32Array;
  /** Rows of 128: node by character, 0 where none is. */
  readonly rows: Uint16Array;
}

const COLUMNS = 128;
const WORD_BITS = 11;
const WORD_MASK = (1 << WORD_BITS) - 1;
const ONLY_BITS = 7;
const ONLY_MASK = (1 << ONLY_BITS) - 1;
const FORK_AT = WORD_BITS + ONLY_BITS;

/** Throws where the list is too long or does not hold every printable character. */
export function wordCode(list: string): WordCode {
  const words = list
    .replaceAll("\n", "")
    .split(SEPARATOR)
    .map((word) => word.replace(/[§¤¥´]/g, (sign) => SIGNS.get(sign) as string));
  const signs = { end: words.indexOf(END_SIGN), raw: words.indexOf(RAW_SIGN), hash: words.indexOf(HASH_SIGN) };
  const known = new Set(words);
  for (let code = 0x20; code < 0x7f; code += 1) {
    if (!known.has(String.fromCharCode(code))) throw new Error(`the list has no word for ${String.fromCharCode(code)}`);
  }
  if (words.length > WORDS_MAX || known.size !== words.length || signs.end < 0 || signs.raw < 0 || signs.hash < 0) {
    throw new Error("a list of words is too long, names one twice, or lacks a sign");
  }
  const plain = words.map((word) => ([END_SIGN, RAW_SIGN, HASH_SIGN].includes(word) ? "" : word));
  return { coded: coder(treeOf(plain), codesOf(words.length), signs), decoded: decoder(plain, signs) };
}

interface Signs {
  readonly end: number;
  readonly raw: number;
  readonly hash: number;
}

interface Codes {
  readonly bits: Uint16Array;
  readonly widths: Uint8Array;
}

function codesOf(count: number): Codes {
  const bits = new Uint16Array(count);
  const widths = new Uint8Array(count);
  for (let word = 0; word < count; word += 1) {
    const kind = CLASS_FROM.findLastIndex((from) => word >= from);
    bits[word] = kind | ((word - (CLASS_FROM[kind] as number)) << 2);
    widths[word] = 2 + (CLASS_BITS[kind] as number);
  }
  return { bits, widths };
}

function treeOf(words: readonly string[]): Tree {
  const sorted = words.map((word, at) => ({ word, at })).filter(({ word }) => word !== "");
  sorted.sort((a, b) => (a.word < b.word ? -1 : 1));
  const nodes = new Int32Array(1 + sorted.reduce((sum, { word }) => sum + word.length, 0));
  const rows: number[][] = [];
  let made = 0;
  // Children follow their parent, the first at once: a branch without forks is a run of numbers.
  const grow = (from: number, to: number, depth: number): number => {
    const node = made;
    made += 1;
    let first = from;
    if (sorted[first]?.word.length === depth) {
      nodes[node] = (sorted[first] as { at: number }).at + 1;
      first += 1;
    }
    const groups: [code: number, from: number, to: number][] = [];
    for (let at = first; at < to; at += 1) {
      const code = (sorted[at] as { word: string }).word.charCodeAt(depth);
      const last = groups.at(-1);
      if (last?.[0] === code) last[2] = at + 1;
      else groups.push([code, at, at + 1]);
    }
    if (groups.length === 1 && node !== 0) {
      const [[code, start, end]] = groups as [[number, number, number]];
      nodes[node] = (nodes[node] as number) | (code << WORD_BITS);
      grow(start, end, depth + 1);
    } else if (groups.length > 0) {
      const row = new Array<number>(COLUMNS).fill(0);
      nodes[node] = (nodes[node] as number) | ((rows.push(row) - 1) << FORK_AT);
      for (const [code, start, end] of groups) row[code] = grow(start, end, depth + 1);
    }
    return node;
  };
  grow(0, sorted.length, 0);
  return { nodes, rows: Uint16Array.from(rows.flat()) };
}

const QUOTE = 0x22;

const hexValue = (code: number): number =>
  code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;

/** `known`: where the last one ended. */
function isHash(at: number, end: number, known: number): boolean {
  if (at === 0 || at + HASH_DIGITS > end || (input[at - 1] !== QUOTE && at !== known)) return false;
  for (let digit = 0; digit < HASH_DIGITS; digit += 1) if (hexValue(input[at + digit] as number) < 0) return false;
  return true;
}

/** The text that is being written, as bytes. */
const input = Buffer.alloc(3 * CODED_MAX_LENGTH);
/** What is to be written, number by number, before it becomes bits; never more than one a byte, but for a run's sign and count. */
const values = new Uint16Array(3 * input.length + 1);
const widths = new Uint8Array(3 * input.length + 1);
const scratch = Buffer.alloc(4 * input.length + 8);

function coder(tree: Tree, codes: Codes, signs: Signs): WordCode["coded"] {
  return (text, opening) => {
    if (text.length > CODED_MAX_LENGTH)
      throw new RangeError(`${text.length} characters are too many for a list of words`);
    const end = input.write(text);
    let count = 0;
    let hashEnd = -1;
    for (let at = 0; at < end; ) {
      const code = input[at] as number;
      if (isRaw(tree, code)) {
        const from = at;
        while (at < end && at - from < RAW_MAX && isRaw(tree, input[at] as number)) at += 1;
        count = put(count, codes, signs.raw);
        count = putBytes(count, at - from, from, at);
      } else if (hexValue(code) >= 0 && isHash(at, end, hashEnd)) {
        count = put(count, codes, signs.hash);
        for (const last = at + HASH_DIGITS; at < last; at += 2) {
          values[count] = (hexValue(input[at] as number) << 4) | hexValue(input[at + 1] as number);
          widths[count++] = 8;
        }
        hashEnd = at;
      } else {
        const found = longestWord(tree, at, end);
        count = put(count, codes, found & WORD_MASK);
        at += found >>> WORD_BITS;
      }
    }
    return written(opening, put(count, codes, signs.end));
  };
}

function put(count: number, { bits, widths: width }: Codes, word: number): number {
  values[count] = bits[word] as number;
  widths[count] = width[word] as number;
  return count + 1;
}

/** A run of bytes behind its length. */
function putBytes(count: number, length: number, from: number, to: number): number {
  let at = count;
  values[at] = length;
  widths[at++] = 8;
  for (let raw = from; raw < to; raw += 1) {
    values[at] = input[raw] as number;
    widths[at++] = 8;
  }
  return at;
}

const isRaw = ({ rows }: Tree, code: number): boolean => code >= COLUMNS || rows[code] === 0;

/** Its place in the list, and above that its length. One character always is a word. */
function longestWord({ nodes, rows }: Tree, from: number, end: number): number {
  let node = rows[input[from] as number] as number;
  let found = 0;
  for (let at = from + 1; ; at += 1) {
    const facts = nodes[node] as number;
    const ends = facts & WORD_MASK;
    if (ends !== 0) found = (ends - 1) | ((at - from) << WORD_BITS);
    if (at === end) break;
    const code = input[at] as number;
    const only = (facts >>> WORD_BITS) & ONLY_MASK;
    if (only !== 0) {
      if (only !== code) break;
      node += 1;
      continue;
    }
    const row = facts >>> FORK_AT;
    if (row === 0 || code >= COLUMNS) break;
    node = rows[row * COLUMNS + code] as number;
    if (node === 0) break;
  }
  return found;
}

/** The lowest bits first; the last two bytes tell by a sum whether all of it is as it was. */
function written(opening: number, count: number): string {
  let [out, held, bits, sum] = [1, 0, 0, 0];
  scratch[0] = opening;
  for (let at = 0; at < count; at += 1) {
    const value = values[at] as number;
    sum = summed(sum, value);
    held |= value << bits;
    bits += widths[at] as number;
    while (bits >= 8) {
      scratch[out++] = held;
      held >>>= 8;
      bits -= 8;
    }
  }
  if (bits > 0) scratch[out++] = held;
  scratch[out++] = sum;
  scratch[out++] = sum >>> 8;
  return scratch.toString("latin1", 0, out);
}

const SUM_BYTES = 2;
/** FNV-1a, of which only the lowest bits are kept. */
const summed = (sum: number, value: number): number => Math.imul(sum ^ value, 0x01000193);

const damaged = (how: string): Error => new Error(`a stored text is damaged: ${how}`);

function decoder(words: readonly string[], signs: Signs): WordCode["decoded"] {
  return (stored) => {
    const last = stored.length - SUM_BYTES;
    let [at, held, bits, sum] = [1, 0, 0, 0];
    const take = (width: number): number => {
      while (bits < width) {
        if (at >= last) throw damaged("it ends too early");
        held |= (stored[at++] as number) << bits;
        bits += 8;
      }
      const value = held & ((1 << width) - 1);
      held >>>= width;
      bits -= width;
      return value;
    };
    const told = (value: number): number => {
      sum = summed(sum, value);
      return value;
    };
    let [text, raw] = ["", false];
    for (;;) {
      const kind = take(2);
      const place = take(CLASS_BITS[kind] as number);
      told(kind | (place << 2));
      const word = (CLASS_FROM[kind] as number) + place;
      if (word === signs.end) break;
      if (word === signs.raw) {
        raw = true;
        for (let left = told(take(8)); left > 0; left -= 1) text += String.fromCharCode(told(take(8)));
      } else if (word === signs.hash) {
        for (let left = HASH_DIGITS / 2; left > 0; left -= 1) text += HEX[told(take(8))];
      } else if (words[word] === undefined) {
        throw damaged("it names a word that there is not");
      } else {
        text += words[word];
      }
      if (text.length > input.length) throw damaged("it is longer than anything that was stored so");
    }
    if (at !== last || held !== 0 || stored.readUInt16LE(last) !== (sum & 0xffff))
      throw damaged("it is not what was written");
    return raw ? Buffer.from(text, "latin1").toString() : text;
  };
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
