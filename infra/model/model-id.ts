/** Whether two ids name one model: a date, a provider's prefix or "latest" makes no other model of it. */

const PROVIDER = /^(?:(?:us|eu|apac|global)\.)?(?:anthropic[./])?/;
/** `-20250929`, `@20250929`, `-latest`, `-v1:0`, one after the other. */
const SUFFIX = /(?:[-@](?:\d{8}|latest|v\d+(?::\d+)?)|:\d+)+$/;

const plain = (id: string): string => id.trim().toLowerCase().replace(PROVIDER, "").replace(SUFFIX, "");

export const isSameModel = (one: string, other: string): boolean => plain(one) === plain(other);
