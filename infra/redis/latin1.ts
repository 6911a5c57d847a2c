/** Bytes as text of one character each: made, joined and copied in a fraction of what a small buffer takes. */
export interface Latin1 {
  readonly latin1: string;
}

export const isLatin1 = (given: unknown): given is Latin1 =>
  typeof given === "object" && given !== null && "latin1" in given;

/** As the client takes it. */
export const asGiven = <Other extends string | number | Buffer>(given: Other | Latin1): Other | Buffer =>
  isLatin1(given) ? Buffer.from(given.latin1, "latin1") : given;
