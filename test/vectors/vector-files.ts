import { atLimitVectors } from "./at-limit-vectors.ts";
import { loginVectors } from "./login-vectors.ts";
import { messageVectors } from "./message-vectors.ts";
import { refusedVectors } from "./refused-vectors.ts";

/** The text of each file that the code makes, by its name. */
export function vectorFiles(): Readonly<Record<string, string>> {
  const contents = {
    ...loginVectors(),
    "messages.json": { ...messageVectors(), ...atLimitVectors(), ...refusedVectors() },
  };
  return Object.fromEntries(
    Object.entries(contents).map(([name, content]) => [name, `${JSON.stringify(content, undefined, 2)}\n`]),
  );
}
