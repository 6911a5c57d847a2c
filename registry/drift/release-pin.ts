/** What a release pinned of one built-in tool when it was made. */
export interface ReleasePin {
  /** SHA-256 of its definition, in hexadecimal. */
  readonly hash: string;
  /** The definition as people read it. */
  readonly text: string;
  /** Digest of what all its examples came to. */
  readonly behaviour: string | null;
  /** Example → digest of what it came to. */
  readonly examples: Readonly<Record<string, string>>;
}
