/** Random ids and content hashes: the only place that draws randomness. */
import { hash, randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** `length` characters of 5 bits each. */
function draw(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte & 31]).join("");
}

/** 60 random bits: a collision is not to be expected before some billion runs. */
export const newRunId = (): string => `r_${draw(12)}`;
export const newWorkerId = (): string => `w_${draw(8)}`;
export const newGrantId = (): string => `g_${draw(8)}`;
/** Tells one claim from any other, also from one of the same epoch after a failover. */
export const newNonce = (): string => draw(8);

/** 192 random bits, safe in addresses and headers: whoever knows it is let in. */
export const newSecret = (): string => randomBytes(24).toString("base64url");

/** SHA-256 in hex. */
export const sha256 = (text: string | Uint8Array): string => hash("sha256", text, "hex");

/** First 64 bits of a SHA-256 in hex: enough to tell states and inputs apart, cheap to store. */
export const shortHash = (text: string | Uint8Array): string => sha256(text).slice(0, 16);
