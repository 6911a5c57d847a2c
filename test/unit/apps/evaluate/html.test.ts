import { expect, test as law } from "vitest";
import { constant, html, textOf } from "../../../../apps/cli/evaluate/html.ts";

law("outside text can leave neither an element nor a quoted attribute, single or double", () => {
  const evil = `"'<>&`;
  expect(textOf(html`<a title="${evil}" lang='${evil}'>${evil}</a>`)).toBe(
    `<a title="&quot;&#39;&lt;&gt;&amp;" lang='&quot;&#39;&lt;&gt;&amp;'>&quot;&#39;&lt;&gt;&amp;</a>`,
  );
});

law("HTML of our own is not escaped again, alone, in lists or nested", () => {
  const items = ["<a>", "b"].map((text) => html`<li>${text}</li>`);
  expect(textOf(html`<ul>${items}</ul>${constant("<br>")}${3}`)).toBe("<ul><li>&lt;a&gt;</li><li>b</li></ul><br>3");
});
