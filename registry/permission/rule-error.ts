/** Why a text is no rule, for the person who wrote it. */
export class PermissionRuleError extends Error {
  override readonly name = "PermissionRuleError";
  /** True where it would be one if there were such a tool. */
  readonly strangeTool: boolean;

  constructor(message: string, { strangeTool = false }: { strangeTool?: boolean } = {}) {
    super(message);
    this.strangeTool = strangeTool;
  }
}
