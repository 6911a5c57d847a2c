/**
 * Whether a text holds what looks like a secret: what is remembered is told to others, later, and by then nobody knows
 * any more that it was one. A list of known forms and one of names; it cannot find a secret that looks like a word.
 */

/** Forms that nothing else has. */
const FORMS: readonly (readonly [what: string, form: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY/],
  ["an Anthropic key", /\bsk-ant-[A-Za-z0-9_-]{16,}/],
  ["a key of a model's provider", /\bsk-(?:proj-|live-|test-)?[A-Za-z0-9_-]{20,}/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/],
  ["a GitLab token", /\bglpat-[A-Za-z0-9_-]{16,}/],
  ["an AWS key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a Google key", /\bAIza[0-9A-Za-z_-]{30,}/],
  ["a Slack token", /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{30,}/],
  ["a Stripe key", /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/],
  ["a signed token", /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}/],
  ["credentials in an address", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/i],
];

/** A name, and a value that is none of the usual stand-ins. */
const NAMED =
  /(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|credential|authorization|bearer)["'`]?\s*(?:[:=]|\bis\b)\s*["'`]?(?:bearer\s+)?([^\s"'`,;)]{6,})/gi;

/** Names of where it comes from, types, and what is written in its place. */
const STAND_IN =
  /^(?:process\.|env\.|\$|<|\{|string|number|boolean|null|undefined|true|false|required|optional|example|changeme|redacted|\*+|x{3,}|\.{3})/i;

/** In words; null where nothing looks like one. */
export function secretIn(text: string): string | null {
  const form = FORMS.find(([, pattern]) => pattern.test(text));
  if (form !== undefined) return form[0];
  for (const [, value = ""] of text.matchAll(NAMED)) {
    if (!STAND_IN.test(value) && /[0-9]/.test(value) && /[A-Za-z]/.test(value))
      return "a password or token by its name";
  }
  return null;
}
