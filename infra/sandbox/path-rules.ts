/**
 * Which text is a path into the workspace at all, judged before the disk is asked. What passes is relative to the root,
 * `/`-separated and free of `.` and `..`; where links lead is for the confinement to find out.
 */
import { resolve } from "node:path";
import { BoxRefusal, outside, quoted } from "./refusal.ts";

/** PATH_MAX of Linux, in bytes. */
const pathBytesMax = 4_096;

/** The root by every absolute name under which a caller may know it; the first is link-free. */
export type RootNames = readonly [real: string, ...given: string[]];

/**
 * @returns the path relative to the root, `""` for the root itself.
 * @throws BoxRefusal `box.bad_path` for what no file can be called, `box.outside` for what leads out by its own text.
 */
export function relativePath(names: RootNames, path: string): string {
  if (path.includes("\0")) throw new BoxRefusal("box.bad_path", path, `${quoted(path)} contains a NUL byte`);
  const bytes = Buffer.from(path, "utf8");
  if (bytes.length > pathBytesMax) {
    throw new BoxRefusal("box.bad_path", path, `${quoted(path)} is longer than ${pathBytesMax} bytes`);
  }
  if (bytes.toString("utf8") !== path) throw new BoxRefusal("box.bad_path", path, `${quoted(path)} is not valid text`);
  if (path === "~" || path.startsWith("~/")) {
    throw new BoxRefusal(
      "box.bad_path",
      path,
      `${quoted(path)}: "~" is not expanded; give a path inside the workspace`,
    );
  }
  const absolute = resolve(names[0], path);
  const relative = below(names, absolute);
  if (relative === undefined) throw outside(path);
  return relative;
}

/** What is left of an absolute, normal path below the root, or undefined when it is not below any of its names. */
export function below(names: RootNames, absolute: string): string | undefined {
  for (const name of names) {
    if (absolute === name) return "";
    const prefix = name === "/" ? "/" : `${name}/`;
    if (absolute.startsWith(prefix)) return absolute.slice(prefix.length);
  }
  return undefined;
}

export function under(folder: string, name: string): string {
  if (folder === "") return name;
  return folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
}
