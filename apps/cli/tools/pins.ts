/** The book of pins of one command, with the word of this release where nobody has said anything else. */

import { releasedBy } from "../../../actors/runtime/drift/installed.ts";
import { openPinBook, type PinBook } from "../../../actors/runtime/pin-book.ts";
import type { Pins } from "../../../infra/pins.ts";
import { redisPins } from "../../../infra/redis/pins.ts";
import { releasePins } from "../../../registry/tools/release-pins.ts";
import type { Hive } from "../hive.ts";

const bookOver = (pins: Pins): PinBook => openPinBook({ pins, release: releasedBy(releasePins) });

export const bookOf = ({ redis, keys }: Pick<Hive, "redis" | "keys">): PinBook => bookOver(redisPins(redis, keys));
