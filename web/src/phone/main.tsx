import "@shared/theme.css";
import "./styles/frame.css";
import "./styles/room.css";
import "./styles/page.css";
import { render } from "preact";
import { Session } from "./app/session.ts";
import { listenForInstall } from "./devices/install.ts";
import { App } from "./views/App.tsx";

const root = document.getElementById("app");
if (root) {
  listenForInstall();
  const session = new Session();
  render(<App session={session} />, root);
  void session.begin();
}

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  // Without it the page works as long as there is a network.
  addEventListener("load", () => void navigator.serviceWorker.register("/sw.js").catch(() => {}));
}
