import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { FOLDER, storedText } from "./stored-vectors.ts";
import { vectorFiles } from "./vector-files.ts";

describe("the test vectors", () => {
  test("are what the code makes", () => {
    for (const [name, text] of Object.entries(vectorFiles()))
      assert.equal(storedText(name), text, `${name}: see test/vectors/README.md`);
  });

  test("are all told of in the README and in docs/protocol.md", () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
    assert.deepEqual(files.toSorted(), [...Object.keys(vectorFiles()), "rfc8032-ed25519.json"].toSorted());
    const pages = [storedText("README.md"), storedText("../../docs/protocol.md")];
    for (const file of files) for (const page of pages) assert.ok(page.includes(`\`${file}\``), file);
  });
});
