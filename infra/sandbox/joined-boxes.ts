/**
 * A workspace with other folders beside it, each with a door of its own. A path that names one of them by its absolute
 * name goes through that folder's door; what comes back of it is called by its absolute name. No link leads from one
 * into another.
 */
import { resolve } from "node:path";
import { below, under } from "./path-rules.ts";
import type { WorkspaceBox } from "./workspace-box.ts";

export function joinBoxes(workspace: WorkspaceBox, beside: readonly WorkspaceBox[]): WorkspaceBox {
  if (beside.length === 0) return workspace;
  /** Null: the workspace's own. */
  const doorOf = (path: string): WorkspaceBox | null => {
    if (!path.startsWith("/") || below([workspace.root], resolve(path)) !== undefined) return null;
    return beside.find(({ root }) => below([root], resolve(path)) !== undefined) ?? null;
  };
  const named = <One extends { readonly path: string }>(door: WorkspaceBox, found: One): One => ({
    ...found,
    path: under(door.root, found.path),
  });
  return {
    root: workspace.root,
    async stat(path) {
      const door = doorOf(path);
      return door === null ? workspace.stat(path) : named(door, await door.stat(path));
    },
    async read(path, options) {
      const door = doorOf(path);
      return door === null ? workspace.read(path, options) : named(door, await door.read(path, options));
    },
    async *walk(options = {}) {
      const door = doorOf(options.under ?? "");
      if (door === null) yield* workspace.walk(options);
      else for await (const entry of door.walk(options)) yield named(door, entry);
    },
    hash: (path) => (doorOf(path) ?? workspace).hash(path),
    async replace(path, content, options) {
      const door = doorOf(path);
      if (door === null) return workspace.replace(path, content, options);
      const before: typeof options.before = (change) => options.before(named(door, change));
      return named(door, await door.replace(path, content, { ...options, before }));
    },
  };
}
