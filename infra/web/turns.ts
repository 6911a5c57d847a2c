/** Few requests at a time to one host, and few in all: whoever comes later waits, in order, for as long as it likes. */

export interface Turns {
  /** Runs `work` when it is its turn. Throws the signal's reason where that comes first; the place in the queue is free then. */
  take<Result>(host: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
}

export function turns(limits: { readonly perHost: number; readonly inAll: number }): Turns {
  const running = new Map<string, number>();
  let total = 0;
  let waiting: { readonly host: string; readonly begin: () => void }[] = [];
  const isFree = (host: string): boolean => total < limits.inAll && (running.get(host) ?? 0) < limits.perHost;
  const enter = (host: string): void => {
    total += 1;
    running.set(host, (running.get(host) ?? 0) + 1);
  };
  const leave = (host: string): void => {
    total -= 1;
    const left = (running.get(host) ?? 1) - 1;
    if (left === 0) running.delete(host);
    else running.set(host, left);
    const next = waiting.find((one) => isFree(one.host));
    if (next === undefined) return;
    waiting = waiting.filter((one) => one !== next);
    enter(next.host);
    next.begin();
  };
  const turn = (host: string, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const given = (): void => {
        waiting = waiting.filter((one) => one !== place);
        reject(signal.reason as Error);
      };
      const place = {
        host,
        begin: () => {
          signal.removeEventListener("abort", given);
          resolve();
        },
      };
      waiting.push(place);
      signal.addEventListener("abort", given, { once: true });
    });
  return {
    async take(host, signal, work) {
      signal.throwIfAborted();
      if (isFree(host)) enter(host);
      else await turn(host, signal);
      try {
        return await work();
      } finally {
        leave(host);
      }
    },
  };
}
