import { Reader } from "./reader.ts";
import { TextPatterns } from "./text-patterns.ts";

/** Takes the nodes of a policy apart. Its patterns of text are made on the way: some are refused only then. */
export class PolicyReader extends Reader {
  readonly textPatterns = new TextPatterns();
}
