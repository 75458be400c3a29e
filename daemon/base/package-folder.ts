import { createRequire } from "node:module";
import { dirname } from "node:path";

/**
 * The folder of this package, to which a service's `import "rpcd/service"` must lead. It is found by the package's own name: the build
 * joins modules into files of other folders.
 */
export const PACKAGE_FOLDER = dirname(createRequire(import.meta.url).resolve("rpcd/package.json"));
