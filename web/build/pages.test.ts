import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";

const BUDGET_BYTES = 150_000;

interface Chunk {
  file: string;
  css?: string[];
  imports?: string[];
  dynamicImports?: string[];
}

let out = "";
let chunks: Record<string, Chunk> = {};

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "nearby-pages-"));
  await build({ logLevel: "error", build: { outDir: out, emptyOutDir: true, manifest: true } });
  chunks = JSON.parse(await readFile(join(out, ".vite", "manifest.json"), "utf8"));
}, 120_000);

afterAll(() => rm(out, { recursive: true, force: true }));

/** Returns the chunks that these entries load: at once, or `later` too. */
function loaded(entries: string[], later: boolean): Chunk[] {
  const found = new Map<string, Chunk>();
  const take = (name: string) => {
    const chunk = chunks[name];
    if (chunk === undefined || found.has(name)) return;
    found.set(name, chunk);
    for (const other of [...(chunk.imports ?? []), ...(later ? (chunk.dynamicImports ?? []) : [])]) take(other);
  };
  for (const entry of entries) take(entry);
  return [...found.values()];
}

test("the phone page's JavaScript, whatever of it is loaded later too, is within its budget", async () => {
  const files = loaded(["index.html", "src/phone/sw.ts"], true).map(({ file }) => file);
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(join(out, file))).length));
  expect(files).toContain("sw.js");
  expect(
    sizes.reduce((sum, size) => sum + size, 0),
    files.join(", "),
  ).toBeLessThanOrEqual(BUDGET_BYTES);
});

test("the service worker keeps every file that the page needs at once", async () => {
  const worker = await readFile(join(out, "sw.js"), "utf8");
  expect(worker).not.toContain("__SHELL__");
  for (const { file, css } of loaded(["index.html"], false)) {
    for (const name of [file, ...(css ?? [])]) expect(worker).toContain(`"/${name}"`);
  }
  expect(worker).not.toContain("land-110m");
});

test("pages hold no script and no style of their own, and point at their own server alone", async () => {
  for (const name of ["index.html", "console/index.html"]) {
    const page = await readFile(join(out, name), "utf8");
    expect(page).not.toMatch(/<script(?![^>]* src="\/)|<style| style=| on\w+=/);
    expect(page).not.toMatch(/(?:src|href)="(?!\/(?!\/))/);
  }
});

test("scripts, styles and pages are there compressed, and hold the same", async () => {
  const names = (await readdir(out, { recursive: true })).filter((name) => /\.(js|css|html)$/.test(name));
  expect(names.length).toBeGreaterThan(4);
  for (const name of names) {
    const path = join(out, name);
    const plain = await readFile(path);
    if (plain.length < 512) continue;
    expect(gunzipSync(await readFile(`${path}.gz`)).equals(plain)).toBe(true);
    expect(brotliDecompressSync(await readFile(`${path}.br`)).equals(plain)).toBe(true);
  }
});
