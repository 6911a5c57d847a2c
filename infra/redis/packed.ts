/**
 * Log entries, audit rows, conversations and sessions as they are stored: short, because every byte of a step is written to the
 * append-only file, synced and read back at a restart, and cheap, because every step pays for it. What is packed is no text:
 * replies that may hold it are read as bytes, and no script looks into it. Its first byte says how.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { asGiven, type Latin1 } from "./latin1.ts";
import { CODED_MAX_LENGTH, type WordCode, wordCode } from "./word-code.ts";
import { STEP_WORDS } from "./words-of-steps.ts";
import { TEXT_WORDS } from "./words-of-text.ts";

/** Shorter texts gain nothing. Characters. */
const PACK_FROM = 64;
/** Longest body that is inflated, in bytes: what a hostile store may make of a few bytes has an end. */
const UNPACKED_MAX_BYTES = 64 * 1_024 * 1_024;

/** What packed text begins with. Plain JSON begins with none of them; another text that does is packed, however short. */
const DEFLATED = 0x7e;
const AS_STEP = 0x02;
const AS_TEXT = 0x03;
const isMark = (code: number | undefined): boolean => code === DEFLATED || code === AS_STEP || code === AS_TEXT;

// Made at the first use: most commands of the command line never read a log.
const codes: { step?: WordCode; text?: WordCode } = {};
const steps = (): WordCode => (codes.step ??= wordCode(STEP_WORDS));
const texts = (): WordCode => (codes.text ??= wordCode(TEXT_WORDS));

/** A log entry or a row of the audit. */
export const packedStep = (json: string): string | Buffer => asGiven(laidStep(json));

/** Anything else: entries of a conversation, sessions, long outputs. */
export const packed = (text: string): string | Buffer => asGiven(laidText(text));

/** As {@link packedStep}, for a command that is laid out by us (`wire.ts`). */
export const laidStep = (json: string): string | Latin1 => packedBy(json, AS_STEP, steps);

/** As {@link packed}, for a command that is laid out by us. */
export const laidText = (text: string): string | Latin1 => packedBy(text, AS_TEXT, texts);

function packedBy(text: string, mark: number, code: () => WordCode): string | Latin1 {
  const must = isMark(text.charCodeAt(0));
  if (text.length < PACK_FROM && !must) return text;
  // What neither list was made for, and what is long, is worth the time that deflating it takes.
  const coded = text.length > CODED_MAX_LENGTH ? null : code().coded(text, mark);
  if (coded !== null && coded.length < text.length * WELL_CODED) return { latin1: coded };
  const deflated = Buffer.concat([Buffer.of(DEFLATED), deflateRawSync(text)]);
  const least = coded === null || deflated.length < coded.length ? deflated.toString("latin1") : coded;
  return must || least.length < Buffer.byteLength(text) ? { latin1: least } : text;
}

/** Bytes for a character up to which the words are taken at once. */
const WELL_CODED = 0.8;

/** The other way round. Throws where it was not packed here, or is not whole: the store was written by something else. */
export function unpacked(stored: Buffer): string {
  const [mark = 0] = stored;
  switch (mark) {
    case AS_STEP:
      return steps().decoded(stored);
    case AS_TEXT:
      return texts().decoded(stored);
    case DEFLATED:
      return inflateRawSync(stored.subarray(1), { maxOutputLength: UNPACKED_MAX_BYTES }).toString();
    default:
      return stored.toString();
  }
}
