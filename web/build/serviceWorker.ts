import { createHash } from "node:crypto";
import type { Plugin } from "vite";

const MARK = "__SHELL__";

/**
 * Tells the service worker what the page's shell is: in its text, `__SHELL__` becomes `{version, paths}`,
 * the files that the entry of that name needs, and a name for this very set of them.
 */
export function serviceWorker(entry: string): Plugin {
  return {
    name: "nearby-service-worker",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const worker = bundle["sw.js"];
        if (worker?.type !== "chunk") return;
        const needed = new Set<string>();
        const take = (name: string) => {
          const chunk = bundle[name];
          if (needed.has(name) || chunk?.type !== "chunk") return;
          needed.add(name);
          for (const style of chunk.viteMetadata?.importedCss ?? []) needed.add(style);
          for (const asset of chunk.viteMetadata?.importedAssets ?? []) needed.add(asset);
          for (const other of chunk.imports) take(other);
        };
        for (const chunk of Object.values(bundle)) {
          if (chunk.type === "chunk" && chunk.isEntry && chunk.name === entry) take(chunk.fileName);
        }
        const paths = ["/", "/manifest.webmanifest", "/icon.svg", ...[...needed].sort().map((name) => `/${name}`)];
        const version = createHash("sha256").update(paths.join("\n")).digest("hex").slice(0, 12);
        worker.code = worker.code.replace(MARK, JSON.stringify({ version, paths }));
      },
    },
  };
}
