/** Where breakers' records lie. A record is compared and set: whoever was slower is given what he missed. */

export interface FoundRecord {
  /** Null where there is none. */
  readonly text: string | null;
  /** Milliseconds since the epoch, on the clock that all who share the records go by. */
  readonly nowMs: number;
}

export interface BreakerRecords {
  /** Rejects where it cannot be told in time; nobody who asks may take that for a refusal. */
  read(name: string): Promise<FoundRecord>;
  /** Null where `next` now stands in place of `expected`; else what stands there instead. */
  swap(name: string, expected: string | null, next: string): Promise<FoundRecord | null>;
}

/** Of this process only: for resources that only it can reach. */
export function memoryRecords(nowMs: () => number): BreakerRecords {
  const texts = new Map<string, string>();
  const found = (name: string): FoundRecord => ({ text: texts.get(name) ?? null, nowMs: nowMs() });
  return {
    read: async (name) => found(name),
    async swap(name, expected, next) {
      if ((texts.get(name) ?? null) !== expected) return found(name);
      texts.set(name, next);
      return null;
    },
  };
}
