// Gzips what the build made, as the collector serves it, and holds it against its budget: script
// in all, and the script and style that the first page needs.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUILT = fileURLToPath(new URL("../dist/app/", import.meta.url));
const BUDGET = { all: 250_000, first: 150_000 };

const size = (name) => {
  const plain = readFileSync(join(BUILT, name));
  const packed = gzipSync(plain, { level: 9 });
  if (packed.length < plain.length) writeFileSync(join(BUILT, `${name}.gz`), packed);
  return packed.length;
};

const files = readdirSync(BUILT, { recursive: true }).filter((it) => /\.(js|css|svg|html)$/.test(it));
const sizes = new Map(files.map((it) => [it, size(it)]));
const sum = (names) => names.reduce((all, it) => all + (sizes.get(it) ?? 0), 0);

const manifest = JSON.parse(readFileSync(join(BUILT, ".vite/manifest.json"), "utf8"));
// what a chunk loads before it runs
const needs = (key, seen = new Set()) => {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const it of manifest[key].imports ?? []) needs(it, seen);
  return seen;
};
const first = new Set(
  ["index.html", "src/pages/executive/page.tsx"].flatMap((it) =>
    [...needs(it)].flatMap((key) => [manifest[key].file, ...(manifest[key].css ?? [])]),
  ),
);

const all = sum(files.filter((it) => it.endsWith(".js")));
const begin = sum([...first]);
console.log(`script ${all} B of ${BUDGET.all} B gzipped; the executive page ${begin} B of ${BUDGET.first} B`);
if (all > BUDGET.all || begin > BUDGET.first) {
  for (const [name, bytes] of [...sizes].sort((a, b) => b[1] - a[1])) console.error(`${bytes}\t${name}`);
  process.exit(1);
}
