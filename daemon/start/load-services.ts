import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { escapeText } from "../../base/escape.ts";
import { FileProblem, shellWord } from "../../files/file-problem.ts";
import { readTrustedFile } from "../../files/secure-file.ts";
import { isService, type Service } from "../../service/engine.ts";
import { PACKAGE_FOLDER } from "../base/package-folder.ts";
import { errorText, messageText } from "../base/thrown.ts";
import { BUILT_IN_SERVICE } from "../builtin/open.ts";
import { OPERATOR_SERVICE, SESSIONS_SERVICE } from "../builtin/operator.ts";
import { POLICY_SERVICE } from "../builtin/policy.ts";
import { Registry } from "../services/registry.ts";

/** The largest service module, in bytes: more is no module that somebody wrote. */
const MODULE_MAX_BYTES = 16 * 1024 * 1024;

/**
 * Loads the modules and gathers their methods, with the daemon's own.
 *
 * @param services - that are loaded already: a mistake in one of them is the program's own, and thrown as it is
 * @throws FileProblem for a module that is not safe, cannot be loaded, or exports no service
 */
export async function loadServices(
  paths: readonly string[],
  services: readonly Service[],
): Promise<Registry> {
  const registry = new Registry();
  registry.add(BUILT_IN_SERVICE, { open: true });
  for (const service of [POLICY_SERVICE, OPERATOR_SERVICE, SESSIONS_SERVICE]) registry.add(service);
  for (const service of services) registry.add(service);
  for (const path of paths) await loadService(registry, path);
  return registry;
}

async function loadService(registry: Registry, path: string): Promise<void> {
  // The content is node's to read; what matters here is that nobody else could have written it.
  readTrustedFile(path, {
    what: "a service module",
    missing: "put it there, or take it out of 'services' in the configuration",
    maxBytes: MODULE_MAX_BYTES,
    secret: false,
  });
  if (/\.[cm]?ts$/.test(path) && !("typescript" in process.features && process.features.typescript)) {
    throw new FileProblem("malformed", path, `node ${process.version} does not run TypeScript`, {
      mend: 'compile it to .mjs with tsc (docs/services.md, "TypeScript"), or run a newer node',
    });
  }
  const found = await importDefault(path);
  if (!isService(found)) {
    throw new FileProblem("malformed", path, "its default export is not what defineService(…) gives", {
      mend: "export default defineService({ … })",
    });
  }
  try {
    registry.add(found);
    registry.tell(realpathSync(path), found);
  } catch (error) {
    // Whatever a schema throws while it is looked at is a mistake of the module.
    const detail = messageText(error);
    throw new FileProblem("malformed", path, detail, { cause: error });
  }
}

async function importDefault(path: string): Promise<unknown> {
  // Before it runs: it may remove itself, or be replaced.
  const file = realpathSync(path);
  try {
    const module: { readonly default?: unknown } = await import(pathToFileURL(path).href);
    return module.default;
  } catch (error) {
    const detail = messageText(error);
    throw new FileProblem(
      "malformed",
      path,
      `the module cannot be loaded: ${escapeText(detail)}${placeOf(error, file)}`,
      {
        mend: mendOf(error, path, detail),
        cause: error,
      },
    );
  }
}

/** How much of a stack is searched for the place of a mistake, in characters: it is in one of the first lines. */
const STACK_MAX_CHARS = 4_096;

/** What `rpcd init` put there, and npm or somebody else took away. */
const LINK_MEND = `mkdir -p node_modules && ln -s ${shellWord(PACKAGE_FOLDER)} node_modules/rpcd, in the folder above the services`;

function mendOf(error: unknown, path: string, detail: string): string | undefined {
  if (detail.includes("'rpcd'")) return LINK_MEND;
  // Node keeps the place of a mistake in the syntax for itself.
  return error instanceof SyntaxError ? `node --check ${shellWord(path)} shows the line` : undefined;
}

/** The place of the mistake, if the error says it: in the module itself, or else where the error was made. */
function placeOf(error: unknown, file: string): string {
  const stack = errorText(error, STACK_MAX_CHARS);
  const places = [...stack.matchAll(/file:\/\/(\S+?:\d+(?::\d+)?)\b/g)].map(([, place]) => place ?? "");
  const module = pathToFileURL(file).pathname;
  const place = places.find((one) => one.startsWith(`${module}:`)) ?? places[0];
  return place === undefined ? "" : ` (${escapeText(place)})`;
}
