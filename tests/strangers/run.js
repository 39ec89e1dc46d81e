// node run.js MODULE NAME ARGUMENT...: carries out one exported function of a module; exits 0 if it held.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const GIVE_UP_MS = 25_000;

const [file, name, ...givenArguments] = process.argv.slice(2);
const scenarios = await import(pathToFileURL(resolve(file)).href);
setTimeout(() => {
  console.error(`${name} was not done within ${GIVE_UP_MS} ms`);
  process.exit(1);
}, GIVE_UP_MS).unref();
await scenarios[name](...givenArguments);
process.exit(0); // Sockets that are still open would keep Node running.
