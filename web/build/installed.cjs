// Exits 0 if node_modules holds the packages of the lock: with "all" those for checks too, else those to build with.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const web = join(__dirname, "..");
const packagesOf = (lock) => JSON.parse(readFileSync(join(web, lock), "utf8")).packages;

try {
  const wanted = packagesOf("package-lock.json");
  const found = packagesOf("node_modules/.package-lock.json");
  const isWanted = ({ dev, optional }) => !optional && (!dev || process.argv[2] === "all");
  const isThere = ([place, { integrity }]) => found[place]?.integrity === integrity;
  const needed = Object.entries(wanted).filter(([place, entry]) => place !== "" && isWanted(entry));
  process.exitCode = needed.every(isThere) ? 0 : 1;
} catch {
  process.exitCode = 1;
}
