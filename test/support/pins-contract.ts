/** What every store of pins promises, whatever it keeps them in. */
import { describe, expect, it } from "vitest";
import type { PinName, Pins } from "../../infra/pins.ts";

const bash: PinName = { kind: "tool", scope: "", name: "Bash" };

export function pinsContract(what: string, open: () => Promise<Pins>): void {
  describe(`pins in ${what}`, () => {
    it("a row comes back as it was written, and counts its changes", async () => {
      const pins = await open();
      expect(await pins.get(bash)).toBeNull();
      expect(await pins.put(bash, '{"a":"\\n é"}', 0)).toBe(true);
      expect(await pins.put(bash, "line\nand line", 1)).toBe(true);
      expect(await pins.get(bash)).toEqual({ ...bash, state: "line\nand line", revision: 2 });
      expect(await pins.all()).toEqual([{ ...bash, state: "line\nand line", revision: 2 }]);
    });

    it("of two who read the same row one writes, and the other's word changes nothing", async () => {
      const pins = await open();
      const first = await Promise.all(["a", "b", "c"].map((state) => pins.put(bash, state, 0)));
      expect(first.filter(Boolean)).toHaveLength(1);
      const kept = await pins.get(bash);
      expect(await pins.put(bash, "late", 0)).toBe(false);
      expect(await pins.put(bash, "early", 2)).toBe(false);
      expect(await pins.get(bash)).toEqual(kept);
    });

    it("its count of changes tells of every change, and of nothing else", async () => {
      const pins = await open();
      const none = await pins.changes();
      await pins.put(bash, "a", 0);
      const one = await pins.changes();
      expect(one).not.toBe(none);
      await pins.put(bash, "lost", 0);
      await pins.get(bash);
      await pins.all();
      expect(await pins.changes()).toBe(one);
      await pins.put(bash, "b", 1);
      expect(await pins.changes()).not.toBe(one);
    });

    it("kind, scope and name together tell rows apart, whatever characters they hold", async () => {
      const pins = await open();
      const names: PinName[] = [
        bash,
        { kind: "skill", scope: "", name: "Bash" },
        { kind: "tool", scope: "/work", name: "Bash" },
        { kind: "tool", scope: "/wo", name: 'rk","Bash' },
        { kind: "tool", scope: '/wo","rk', name: "Bash" },
      ];
      for (const [index, name] of names.entries()) expect(await pins.put(name, `state ${index}`, 0)).toBe(true);
      expect(await pins.all()).toHaveLength(names.length);
      for (const [index, name] of names.entries())
        expect(await pins.get(name)).toMatchObject({ state: `state ${index}` });
    });
  });
}
