import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";

const BUDGET_BYTES = 150_000;

interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
}

test("the phone page's JavaScript, whatever of it is loaded later too, is within its budget", async () => {
  const out = await mkdtemp(join(tmpdir(), "nearby-pages-"));
  try {
    await build({ logLevel: "error", build: { outDir: out, emptyOutDir: true, manifest: true } });
    const chunks: Record<string, Chunk> = JSON.parse(await readFile(join(out, ".vite", "manifest.json"), "utf8"));
    const needed = new Set<string>();
    const take = (name: string) => {
      if (needed.has(name)) return;
      needed.add(name);
      const chunk = chunks[name];
      for (const other of [...(chunk?.imports ?? []), ...(chunk?.dynamicImports ?? [])]) take(other);
    };
    take("index.html");
    take("src/phone/sw.ts");
    const files = [...needed].map((name) => chunks[name]?.file ?? "").filter((file) => file.endsWith(".js"));
    const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(join(out, file))).length));
    expect(files).toContain("sw.js");
    expect(
      sizes.reduce((sum, size) => sum + size, 0),
      files.join(", "),
    ).toBeLessThanOrEqual(BUDGET_BYTES);
  } finally {
    await rm(out, { recursive: true });
  }
});
