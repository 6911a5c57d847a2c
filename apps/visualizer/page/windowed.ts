/** Which rows of a long list are drawn: those in sight and a few beside them. Pure. */

export interface Window {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
  /** Pixels of the whole list, and above the first row. */
  readonly height: number;
  readonly offset: number;
}

const BESIDE = 6;

export function windowOf(count: number, rowHeight: number, scrollTop: number, viewHeight: number): Window {
  const first = Math.max(0, Math.min(count, Math.floor(Math.max(0, scrollTop) / rowHeight) - BESIDE));
  const end = Math.min(count, Math.ceil((Math.max(0, scrollTop) + viewHeight) / rowHeight) + BESIDE);
  return { first, end: Math.max(first, end), height: count * rowHeight, offset: first * rowHeight };
}
