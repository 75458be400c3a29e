// Some registries do not serve the optional packages for other platforms; `npm install` then leaves them out of the
// lock, and `npm ci` refuses it. This puts them back: name, version, and the platform that the name says.
// Run after a dependency was changed: node .ci/complete-lock.mjs
import { readFileSync, writeFileSync } from "node:fs";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const OS = [
  "android",
  "aix",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const CPU = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

const added = {};
for (const { optionalDependencies = {}, dev } of Object.values(lock.packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    const path = `node_modules/${name}`;
    if (lock.packages[path] !== undefined || added[path] !== undefined) continue;
    const words = name.split(/[/-]/);
    const os = words.findLast((word) => OS.includes(word));
    const cpu = words.findLast((word) => CPU.includes(word));
    if (!/^\d/.test(range) || os === undefined)
      throw new Error(`${name} ${range}: no exact version, or no platform`);
    added[path] = {
      version: range,
      ...(dev ? { dev } : {}),
      optional: true,
      os: [os],
      ...(cpu ? { cpu: [cpu] } : {}),
    };
  }
}

const packages = Object.entries({ ...lock.packages, ...added }).toSorted(([a], [b]) =>
  a < b ? -1 : a > b ? 1 : 0,
);
writeFileSync(
  "package-lock.json",
  `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, undefined, 2)}\n`,
);
console.log(`${Object.keys(added).length} entries added`);
