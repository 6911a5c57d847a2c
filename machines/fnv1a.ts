/** FNV-1a, 32 bits: spreads ids well, the same on every machine for ever, and needs no library. Not against attackers. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
