import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket, Server as SocketServer } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { Deadlines } from "../../link/deadlines.ts";
import type { Log } from "../log/log.ts";

/** As many read metrics at once; one more is hung up on. A scraper needs one. */
const CONNECTIONS_MAX = 8;

/** A connection has so long for its one request and the answer, in milliseconds, whatever it sends or reads meanwhile. */
const CONNECTION_MS = 5_000;

/** Of the request with all its headers, in bytes. */
const REQUEST_MAX_BYTES = 4 * 1024;

/** A page is made anew after so long, in milliseconds: it is work for the thread that serves calls. */
const PAGE_AGE_MS = 1_000;

/** Names under which only this host is reached: another one is a web page's, led here to read what is not its own. */
const LOCAL_HOST = /^(?:127\.0\.0\.1|\[::1\]|localhost)(?::[0-9]{1,5})?$/;

interface ServerTools {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly log: Log;
  /** Makes the page. */
  page(): Promise<string>;
  /** the form of the page */
  readonly contentType: string;
}

/** Serves one page, `/metrics`, to whoever can reach its socket. It has to be told where to listen. */
export class MetricsServer {
  readonly server: Server;
  readonly #tools: ServerTools;
  readonly #sockets = new Set<Socket>();
  /** What listens in the place of {@link server}. */
  #door: SocketServer | undefined;
  #page: Promise<string> | undefined;
  #madeAtMs = 0;

  /** @param isUnix - whether it listens on a Unix socket, where no name leads to */
  constructor(tools: ServerTools, isUnix: boolean) {
    this.#tools = tools;
    this.server = createServer({ maxHeaderSize: REQUEST_MAX_BYTES, keepAlive: false });
    this.server.maxConnections = CONNECTIONS_MAX;
    this.server.on("connection", (socket) => this.#arrived(socket));
    this.server.on("request", (request, response) => {
      const status = statusOf(request, isUnix);
      if (status !== 200) {
        answer(response, status);
        return;
      }
      this.#current()
        .then((page) => answer(response, status, { page, type: tools.contentType }))
        .catch((error: unknown) => {
          tools.log.error("the page of metrics cannot be made", { error });
          answer(response, 500);
        });
    });
  }

  /** Takes connections from a server that listens already, and is closed with this one. */
  acceptFrom(door: SocketServer): void {
    this.#door = door;
    door.maxConnections = CONNECTIONS_MAX;
    door.on("error", (error) =>
      this.#tools.log.error("a reader of metrics could not be accepted", { error }),
    );
    door.on("connection", (socket) => this.server.emit("connection", socket));
  }

  /** Ends what is open, too. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#door === undefined) this.server.close(() => resolve());
      else this.#door.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #arrived(socket: Socket): void {
    // From birth: a peer that resets before anything else is done must not end the process.
    socket.on("error", () => undefined);
    this.#sockets.add(socket);
    const deadline = this.#tools.deadlines.start(CONNECTION_MS, () => socket.destroy());
    socket.on("close", () => {
      this.#tools.deadlines.stop(deadline);
      this.#sockets.delete(socket);
    });
  }

  /** One page for all who ask within a second. */
  #current(): Promise<string> {
    const nowMs = this.#tools.clock.monotonicMs();
    if (this.#page === undefined || nowMs - this.#madeAtMs >= PAGE_AGE_MS) {
      this.#madeAtMs = nowMs;
      this.#page = this.#tools.page();
    }
    return this.#page;
  }
}

function statusOf({ method, url, headers }: IncomingMessage, isUnix: boolean): number {
  if (!isUnix && !LOCAL_HOST.test(headers.host ?? "")) return 421;
  if (url !== "/metrics") return 404;
  return method === "GET" || method === "HEAD" ? 200 : 405;
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  404: "there is nothing but /metrics\n",
  405: "GET or HEAD was expected\n",
  421: "this host's own names lead here: 127.0.0.1, [::1] or localhost\n",
  500: "the page could not be made; the daemon's log says why\n",
};

function answer(
  response: ServerResponse,
  status: number,
  {
    page = STATUS_TEXT[status] ?? "",
    type = "text/plain; charset=utf-8",
  }: { readonly page?: string; readonly type?: string } = {},
): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(page),
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
    connection: "close",
  });
  // Node sends no body where the request was a HEAD.
  response.end(page);
}
