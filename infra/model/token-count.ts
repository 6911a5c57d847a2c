/**
 * How many tokens a text comes to, by a count of our own. No tokenizer that can be had is the provider's: what is
 * counted here is worth something only beside a figure of the server's for a text that was counted alike.
 */

/** A text that was counted, or its beginning: counting takes time, and this process has other things to do. */
export interface Counted {
  /** Of the bytes that were looked at. */
  readonly tokens: number;
  /** UTF-8. */
  readonly bytes: number;
  readonly countedBytes: number;
}

export interface Tokenizer {
  count(text: string): Counted;
}

export interface TokenizerSource {
  /** Null until it is loaded. */
  loaded(): Tokenizer | null;
  /** Takes a quarter of a second of this thread and some 50 MB, once a process. Rejects in a broken installation. */
  load(): Promise<Tokenizer>;
}

/** Never needs loading. `bytesPerToken`: by what rule its server counts. */
export function byBytes(bytesPerToken: number): TokenizerSource {
  const tokenizer: Tokenizer = {
    count(text) {
      const bytes = Buffer.byteLength(text);
      return { tokens: Math.ceil(bytes / bytesPerToken), bytes, countedBytes: bytes };
    },
  };
  return { loaded: () => tokenizer, load: async () => tokenizer };
}

/**
 * Work that one text may cost, in ASCII characters (some 10 MB of them a second); what is beyond is not looked at. A text
 * in another script costs twenty times as much a character, and a word without an end the square of its length.
 */
const WORK_MAX = 65_536;
const FOREIGN_WORK = 20;
/** Longest piece that the tokenizer gets at once, cut at white space where there is any: bounds that square. */
const PIECE = /[\s\S]{1,128}(?=\s|$)|[\s\S]{1,128}/gu;
const FOREIGN_PIECE = /[\s\S]{1,16}/gu;
/** Pairs that it remembers; its own default is a hundred thousand. */
const REMEMBERED_MAX = 20_000;

let loaded: Tokenizer | null = null;
let loading: Promise<Tokenizer> | null = null;

/** The vocabulary o200k: the nearest to today's models among those that a package ships. */
export const o200k: TokenizerSource = {
  loaded: () => loaded,
  load() {
    loading ??= loadO200k();
    return loading;
  },
};

async function loadO200k(): Promise<Tokenizer> {
  const { countTokens, setMergeCacheSize } = await import("gpt-tokenizer/encoding/o200k_base");
  setMergeCacheSize(REMEMBERED_MAX);
  // Words that mean something to another vendor's models are words like any other here.
  const asText = { disallowedSpecial: new Set<string>() };
  loaded = {
    count(text) {
      const bytes = Buffer.byteLength(text);
      let [tokens, countedBytes, work] = [0, 0, 0];
      for (const [piece] of text.matchAll(PIECE)) {
        const pieceBytes = Buffer.byteLength(piece);
        const isForeign = pieceBytes > piece.length + piece.length / 4;
        work += isForeign ? pieceBytes * FOREIGN_WORK : pieceBytes;
        if (work > WORK_MAX) break;
        const parts = isForeign ? (piece.match(FOREIGN_PIECE) ?? []) : [piece];
        for (const part of parts) tokens += countTokens(part, asText);
        countedBytes += pieceBytes;
      }
      return { tokens, bytes, countedBytes };
    },
  };
  return loaded;
}
