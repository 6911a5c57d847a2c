/** The door for messages from outside a run: what is too long to be kept, logged and replayed is refused by name. */
import { SwarmError } from "../errors.ts";
import type { Mail } from "../store.ts";
import { mailText } from "./commit-arguments.ts";

/** Of a message as JSON, in bytes: it is stored, logged and replayed whole. */
export const MAIL_BYTES_MAX = 64 * 1024;
/** Of its id, in characters: ids are remembered until the run leaves Redis. */
const ID_MAX = 200;

/** The message as it is stored. Throws SwarmError `mail.too_long`, `mail.bad_id` (exit 2); nothing was sent then. */
export function outsideMailText(mail: Mail): string {
  if (mail.id === "" || mail.id.length > ID_MAX) {
    throw new SwarmError("mail.bad_id", `a message's id has ${mail.id.length} characters; it takes 1 to ${ID_MAX}`, {
      exit: 2,
    });
  }
  const text = mailText(mail);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAIL_BYTES_MAX) return text;
  throw new SwarmError("mail.too_long", `message "${mail.id}" has ${bytes} bytes; at most ${MAIL_BYTES_MAX}`, {
    exit: 2,
    hint: "Say it shorter, or put it into a file of the workspace and name that.",
  });
}
