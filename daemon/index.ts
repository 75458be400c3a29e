/** A daemon within another program: `import { createServer } from "rpcd/daemon"`. */
export { createServer, type Registration, type Server } from "./server.ts";
export { type EmbeddedDaemon, startDaemon } from "./start-daemon.ts";
