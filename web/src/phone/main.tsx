import "@shared/theme.css";
import { render } from "preact";
import { strings } from "./strings.en.ts";

function App() {
  return (
    <main>
      <h1>{strings.title}</h1>
    </main>
  );
}

const root = document.getElementById("app");
if (root) render(<App />, root);
