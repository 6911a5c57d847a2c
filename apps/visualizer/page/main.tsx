/** The page that `swarm up` serves. */
import { render } from "preact";
import { App } from "./app.tsx";
import { serverSource } from "./server-source.ts";
import { startTicking } from "./ticking.ts";

const root = document.getElementById("page");
if (root !== null) {
  startTicking();
  render(<App source={serverSource} />, root);
}
