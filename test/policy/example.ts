import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A whole policy, with all that the language has in it. It stands beside the sources: the compiler copies no YAML. */
export const EXAMPLE: string = readFileSync(
  fileURLToPath(new URL("../../../test/policy/example.yaml", import.meta.url)),
  "utf8",
);
