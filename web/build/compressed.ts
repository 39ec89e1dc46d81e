import { promises as files } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip, constants as zlib } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(html|js|css|svg|json|webmanifest)$/;
const WORTH_IT_BYTES = 512;

/** Writes a `.gz` and a `.br` beside every text that was built: the server compresses nothing itself. */
export function compressed(): Plugin {
  let out = "";
  return {
    name: "nearby-compressed",
    apply: "build",
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      for (const name of await files.readdir(out, { recursive: true })) {
        if (!TEXT.test(name)) continue;
        const path = join(out, name);
        const text = await files.readFile(path);
        if (text.length < WORTH_IT_BYTES) continue;
        const hint = { params: { [zlib.BROTLI_PARAM_SIZE_HINT]: text.length } };
        await files.writeFile(`${path}.gz`, await promisify(gzip)(text, { level: 9 }));
        await files.writeFile(`${path}.br`, await promisify(brotliCompress)(text, hint));
      }
    },
  };
}
