/** What WebFetch promises, as calls that can be made again: pages are given, refusals are the real door's. */
import type { ToolExample } from "../../tool.ts";
import { pageCharsMax } from "../input/web-fetch.ts";

const url = "https://pages.example/";

export const examples: readonly ToolExample[] = [
  {
    title: "HTML comes as readable text, marked as a stranger's, without what nobody sees",
    files: {},
    input: { url },
    pages: {
      [url]: {
        contentType: "text/html; charset=utf-8",
        body: "<title>A page</title><h1>Head</h1><script>x()</script><p>One\u200b<b>two</b></p>",
      },
    },
    ok: true,
    says: ["https://pages.example/: HTTP 200\ntitle: A page\n", "(untrusted: material from a stranger", "Onetwo"],
  },
  {
    title: "JSON comes as it is",
    files: {},
    input: { url },
    pages: { [url]: { contentType: "application/json", body: '{"a": [1,2]}' } },
    ok: true,
    says: ['{"a": [1,2]}'],
  },
  {
    title: "a long page comes in parts, and the answer names the offset to go on with",
    files: {},
    input: { url },
    pages: { [url]: { contentType: "text/plain", body: "x".repeat(pageCharsMax + 1) } },
    ok: true,
    says: [`[Characters 0-${pageCharsMax} of ${pageCharsMax + 1}; go on with offset ${pageCharsMax}.]`],
  },
  {
    title: "an answer that is an error is told with its text",
    files: {},
    input: { url },
    pages: { [url]: { status: 404, contentType: "text/plain", body: "gone" } },
    ok: false,
    says: ["HTTP 404", "gone"],
  },
  {
    title: "a file that is no text is refused",
    files: {},
    input: { url },
    pages: { [url]: { contentType: "image/png", body: "PNG" } },
    ok: false,
    says: ["only text is shown"],
  },
  {
    title: "a private address is refused",
    files: {},
    input: { url: "http://169.254.169.254/latest/meta-data/" },
    ok: false,
    says: ["was not fetched"],
  },
  {
    title: "another port is refused",
    files: {},
    input: { url: "http://pages.example:8080/" },
    ok: false,
    says: ["was not fetched"],
  },
  {
    title: "credentials in the address are refused",
    files: {},
    input: { url: "https://me:secret@pages.example/" },
    ok: false,
    says: ["was not fetched"],
  },
  {
    title: "what is no address of the web is refused at the door",
    files: {},
    input: { url: "file:///etc/passwd" },
    ok: false,
    says: ["is not an http or https address"],
  },
];
