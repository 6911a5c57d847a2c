/**
 * What a revocation makes of an envelope's stored text, and the way back. The scripts do the same to the same bytes
 * (`revoked-envelope.lua`): nothing else of the text changes, so that taken back it has the hash that it had.
 */

export interface Revocation {
  readonly reason: string;
  readonly by: string;
  /** Milliseconds since 1970, by the store's clock. */
  readonly at: number;
}

const VERIFIED = '"status":"verified"';
const REVOKED = '"status":"revoked"';
/** No text within JSON reads like this: there its quotes are escaped. */
const FACTS = ',"revoked":{';

/** Null where it is not a verified one: it never counted, or was revoked before, and the first word stands. */
export function revokedEnvelope(text: string, { reason, by, at }: Revocation): string | null {
  // Only names stand before the status, so the first place that reads like one is it.
  if (!text.includes(VERIFIED)) return null;
  const facts = JSON.stringify({ reason, by, at });
  return `${text.replace(VERIFIED, REVOKED).slice(0, -1)},"revoked":${facts}}`;
}

/** As it was before its run revoked it; unchanged where it was not, or where somebody did once the run had ended. */
export function verifiedAgain(text: string): string {
  const from = text.lastIndexOf(FACTS);
  if (from < 0 || !text.includes(REVOKED) || text.slice(from).includes('"late":true,"at":')) return text;
  return `${text.slice(0, from)}}`.replace(REVOKED, VERIFIED);
}
