/**
 * Draws the icons that want pixels, by the numbers of public/icon.svg: `node build/icons.mjs`, after a change of that.
 * They are committed, so that a build needs no drawing.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";

const GROUND = [0x0b, 0x6e, 0x66];
const LINES = [255, 255, 255];
const HEXAGON = [
  [256, 116],
  [377, 186],
  [377, 326],
  [256, 396],
  [135, 326],
  [135, 186],
];
const STROKE = 28;
const DOTS = [
  [218, 234],
  [300, 252],
  [244, 308],
];
const DOT = 26;
/** Points looked at along each side of a pixel. */
const FINE = 4;

function isLine(x, y) {
  if (DOTS.some(([cx, cy]) => Math.hypot(x - cx, y - cy) <= DOT)) return true;
  return HEXAGON.some((from, n) => distance(x, y, from, HEXAGON[(n + 1) % HEXAGON.length]) <= STROKE / 2);
}

function distance(x, y, [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

function drawn(size) {
  const scale = 512 / size / FINE;
  const rows = Buffer.alloc(size * (1 + size * 3));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      let covered = 0;
      for (let n = 0; n < FINE * FINE; n += 1) {
        const px = (x * FINE + (n % FINE) + 0.5) * scale;
        const py = (y * FINE + Math.floor(n / FINE) + 0.5) * scale;
        covered += isLine(px, py) ? 1 : 0;
      }
      const part = covered / (FINE * FINE);
      const at = y * (1 + size * 3) + 1 + x * 3;
      for (const c of [0, 1, 2]) rows[at + c] = Math.round(GROUND[c] + (LINES[c] - GROUND[c]) * part);
    }
  }
  return rows;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function png(size) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const data = deflateSync(drawn(size), { level: 9 });
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

for (const size of [180, 192, 512]) {
  writeFileSync(fileURLToPath(new URL(`../public/icon-${size}.png`, import.meta.url)), png(size));
}
