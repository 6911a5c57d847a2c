/** The boxes of one worker: one a folder, opened when it is first asked for. */
import { joinBoxes } from "../../infra/sandbox/joined-boxes.ts";
import { openBox, type WorkspaceBox } from "../../infra/sandbox/workspace-box.ts";

type Boxes = (workspace: string, beside?: readonly string[]) => Promise<WorkspaceBox>;

/** One box a folder; a folder that cannot be opened is tried anew each time. */
export function openBoxes(secluded: readonly string[]): Boxes {
  const boxes = new Map<string, Promise<WorkspaceBox>>();
  const open = (folder: string): Promise<WorkspaceBox> => {
    const known = boxes.get(folder);
    if (known !== undefined) return known;
    const opening = openBox(folder, secluded);
    boxes.set(folder, opening);
    opening.catch(() => boxes.delete(folder));
    return opening;
  };
  return async (workspace, beside = []) => joinBoxes(await open(workspace), await Promise.all(beside.map(open)));
}
