import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, to which a service's `import "rpcd/service"` must lead. */
export const PACKAGE_FOLDER = resolve(fileURLToPath(new URL("../../..", import.meta.url)));
