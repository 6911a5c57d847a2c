// The text of a page is what a reader of it would see, whatever else stands in it, and its cost is that of its size.
import { describe, expect, it } from "vitest";
import { pageText } from "../../../registry/html-text.ts";

const textOf = (html: string, charsMax = 10_000): string =>
  pageText(html, "https://one.example/dir/page", charsMax).text;

describe("what a reader sees", () => {
  it("keeps its order and shape: headings, paragraphs, lists, links, tables, code", () => {
    const html = `<!doctype html><html><head><title> A  page </title><meta charset=utf-8></head><body>
      <h1>First</h1><p>One <b>bold</b>
      word, and <a href="../other?x=1#y">a link</a>.</p>
      <ul><li>eins<li>zwei</ul>
      <pre>  a\n    b</pre>
      <table><tr><th>k<th>v</tr><tr><td>1</td><td>2</td></tr></table>
      fish &amp; chips &lt;3 <img src=x alt="a cat"></body></html>`;
    const page = pageText(html, "https://one.example/dir/page", 10_000);
    expect(page).toEqual({
      title: "A page",
      cut: false,
      text: [
        "# First",
        "",
        "One bold word, and a link (https://one.example/other?x=1#y).",
        "",
        "- eins",
        "- zwei",
        "",
        "  a",
        "    b",
        "",
        "k | v",
        "1 | 2",
        "",
        "fish & chips <3 [image: a cat]",
      ].join("\n"),
    });
  });

  it("is there without head, body or closing tags, too", () => {
    expect(textOf("<head><title>t</title><body>seen")).toBe("seen");
    expect(textOf("<title>t</title><p>one<p>two")).toBe("one\n\ntwo");
    expect(textOf("just text")).toBe("just text");
  });
});

describe("what a reader does not see", () => {
  it("is left out: scripts, styles, comments, frames, and what says of itself that it is hidden", () => {
    const secrets = [
      "<script>secret</script>",
      "<style>secret</style>",
      "<!-- secret -->",
      "<noscript>secret</noscript>",
      "<template><p>secret</template>",
      "<iframe>secret</iframe>",
      "<svg><text>secret</text></svg>",
      "<p hidden>secret</p>",
      "<p hidden=hidden><b>secret</b></p>",
      '<div aria-hidden="TRUE">secret<p>secret</p></div>',
      '<div style="color:red; DISPLAY : none !important">secret</div>',
      '<div style="visibility:hidden">secret</div>',
      '<span style="font-size:0">secret</span>',
      '<span style="font-size: 0.0px">secret</span>',
      '<span style="opacity:0">secret</span>',
      '<div style="dis/**/play:none">secret</div>',
      '<input type="hidden" value="secret">',
      "<title></title><b>ok</b><script>if (a < b) { '</scr' + 'ipt>secret' }</script>",
      '<a href="javascript:secret()">link</a>',
      '<a href="data:text/html,secret">link</a>',
    ];
    for (const html of secrets) {
      const text = textOf(`<p>before</p>${html}<p>after</p>`);
      expect([html, text.includes("secret")]).toEqual([html, false]);
      expect(text).toMatch(/^before[\s\S]*after$/);
    }
  });

  it("ends where its element ends, also among siblings of the same name", () => {
    expect(textOf("<div><div hidden>no<div>no</div>no</div>yes<div>yes</div></div>")).toBe("yes\nyes");
    expect(textOf('<span style="opacity:0.5">half</span><span style="font-size:0.8em">small</span>')).toBe("halfsmall");
  });
});

describe("a hostile page", () => {
  it("that nests without end is read as far as any browser would, and said to be cut", () => {
    const page = pageText(`<p>top</p>${"<div>".repeat(400_000)}deep`, "https://x.example/", 10_000);
    expect(page).toMatchObject({ cut: true, text: "top" });
  });

  it("of endless text, attributes or unclosed tags ends at its limit", () => {
    expect(pageText("word ".repeat(400_000), "https://x.example/", 1_000)).toMatchObject({ cut: true });
    expect(textOf("word ".repeat(400_000), 1_000).length).toBeLessThanOrEqual(1_000);
    expect(textOf(`<p>a</p><div ${"x=1 ".repeat(300_000)}>b`)).toBe("a\n\nb");
    expect(textOf(`<p>a</p>${"<".repeat(200_000)}`)).toMatch(/^a/);
    expect(textOf(`<p>a</p>${"</b>".repeat(200_000)}`)).toBe("a");
  });
});
