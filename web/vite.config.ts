import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { compressed } from "./build/compressed.ts";
import { serviceWorker } from "./build/serviceWorker.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SERVER = process.env.NEARBY_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [serviceWorker("phone"), compressed()],
  resolve: { alias: { "@wire": here("src/wire/index.ts"), "@shared": here("src/shared") } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: { phone: here("index.html"), console: here("console/index.html"), sw: here("src/phone/sw.ts") },
      output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
  server: { proxy: { "/v1": { target: SERVER, ws: true } } },
});
