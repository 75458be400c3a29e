import { writeFileSync } from "node:fs";
import { vectorFiles } from "./vector-files.ts";

// Writes the files anew, after a change of the protocol that was meant: node dist/test/vectors/make-vectors.js
const FOLDER = new URL("../../../test/vectors/", import.meta.url);

for (const [name, text] of Object.entries(vectorFiles())) writeFileSync(new URL(name, FOLDER), text);
