/**
 * Blocks that are bound to something else: thinking to the very prompt it came from, a server's summary to its words. The
 * official server refuses what was moved or mended; so does the double.
 */
import { createHash } from "node:crypto";
import type { MessagesRequest } from "../../../infra/model/local/messages-request.ts";
import { promptOf } from "../../../infra/model/local/prefix-cache.ts";
import { RequestError } from "../../../infra/model/local/reply.ts";
import type { WireBlock } from "../../../infra/model/local/wire.ts";
import { COMPACTION_BETA } from "../../../infra/model/request.ts";

export const signatureOf = (content: string | null): string =>
  `signed-${createHash("sha256").update(`double ${content}`).digest("hex").slice(0, 32)}`;

const refused = (message: string): RequestError => new RequestError(400, "invalid_request_error", message);

export class BoundBlocks {
  /** Signature of thinking → hashes of the prompts that it was the answer to: a script may say the same to several. */
  readonly #prompts = new Map<string, Set<string>>();

  keep(content: readonly WireBlock[], request: MessagesRequest): void {
    for (const block of content) {
      if (block.type !== "thinking") continue;
      this.#prompts.set(block.signature, (this.#prompts.get(block.signature) ?? new Set()).add(promptOf(request).hash));
    }
  }

  /** @throws RequestError 400 */
  check(request: MessagesRequest, betas: string): void {
    const first = request.messages[0]?.content[0];
    const isSummed = first?.type === "compaction";
    if ((isSummed || request.compaction) && !betas.split(",").includes(COMPACTION_BETA))
      throw refused(`compaction needs the beta ${COMPACTION_BETA}`);
    if (isSummed && first.signature !== signatureOf(first.content ?? null))
      throw refused("messages.0: the compaction block was changed (compaction_signature_invalid)");
    // The server's own summary keeps what stands behind it valid.
    if (isSummed) return;
    for (const [at, { content }] of request.messages.entries()) {
      for (const block of content) {
        if (block.type !== "thinking") continue;
        const bound = this.#prompts.get(String(block.signature));
        const before = bound === undefined ? null : promptOf({ ...request, messages: request.messages.slice(0, at) });
        if (before !== null && bound?.has(before.hash) !== true)
          throw refused(`messages.${at}: what stands before this thinking block is not what it was made from`);
      }
    }
  }
}
