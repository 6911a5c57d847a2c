/** OpenTelemetry's idea of what is going on now, over Node's own: it follows what is awaited. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, type ContextManager, ROOT_CONTEXT } from "@opentelemetry/api";

export function asyncContexts(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (context, act, thisArg, ...args) => storage.run(context, () => act.call(thisArg as never, ...args)),
    bind(context, target) {
      if (typeof target !== "function") return target;
      const bound = (...args: unknown[]): unknown => storage.run(context, () => target(...args));
      return bound as unknown as typeof target;
    },
    enable: () => manager,
    disable() {
      storage.disable();
      return manager;
    },
  };
  return manager;
}
