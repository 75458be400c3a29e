import { createConnection, type Socket, type TcpNetConnectOpts } from "node:net";
import type { Duplex } from "node:stream";
import { assertNever } from "../../base/assert-never.ts";
import { sameBytes } from "../../base/bytes.ts";
import { FileProblem, systemCode } from "../../files/file-problem.ts";
import { type Address, addressText } from "../../link/address.ts";
import type { Channel } from "../../link/channel.ts";
import { KEEP_ALIVE_MS } from "../../link/liveness.ts";
import type { SecuredStream } from "../../link/tls.ts";
import { trustedUnixBinding } from "../../link/unix-path.ts";
import { userId } from "../../link/user-id.ts";
import { connectProblem } from "../errors/connect-problem.ts";
import { RpcError } from "../errors/rpc-error.ts";

/**
 * Connects to an address and makes a channel of it, and nothing more: no byte of the login is sent.
 *
 * @param owners - names of users that may own a plain socket, beside root and this one
 * @throws RpcError `unavailable` if nobody answers; `unauthenticated` if the path cannot be trusted
 */
export async function dial(
  address: Address,
  owners: readonly string[],
  signal: AbortSignal,
): Promise<Channel> {
  switch (address.kind) {
    case "unix":
      return dialUnix(address.path, owners, signal);
    case "unix+tls": {
      const text = addressText(address);
      return secure(await connected({ path: address.path }, text, signal), "tls", text, signal);
    }
    case "tls": {
      const { host, port } = address;
      const text = addressText(address);
      const target = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
      return secure(await connected(target, text, signal), "tls", text, signal);
    }
    default:
      return assertNever(address, "an address");
  }
}

/**
 * TLS over a stream that is connected, which it owns from here on.
 *
 * @param name - of the stream, for messages
 * @throws RpcError `unavailable`
 */
export function secure(
  stream: Duplex,
  via: "tls" | "stream",
  name: string,
  signal: AbortSignal,
): Promise<Channel> {
  // From birth, and also while TLS is being loaded.
  stream.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      signal.removeEventListener("abort", giveUp);
      const why = systemCode(error) ?? (error instanceof Error ? error.message : String(error));
      reject(unavailable(`no TLS channel to ${name} came about (${why}): is that an rpcd?`, error));
    };
    // A stream need not tell that it was destroyed: giving up waits for nobody.
    const giveUp = (): void => {
      const error = new Error("given up");
      stream.destroy(error);
      fail(error);
    };
    const succeed = (secured: SecuredStream): void => {
      signal.removeEventListener("abort", giveUp);
      resolve({ ...secured, via });
    };
    if (signal.aborted) {
      giveUp();
      return;
    }
    signal.addEventListener("abort", giveUp, { once: true });
    // node:tls takes 15 ms to load: only where it is used.
    import("../../link/tls.ts").then(({ connectTls }) => connectTls(stream)).then(succeed, fail);
  });
}

async function dialUnix(path: string, owners: readonly string[], signal: AbortSignal): Promise<Channel> {
  const before = trust(path, owners);
  const socket = await connected({ path }, path, signal);
  try {
    // The path was looked at, then connected to: only if it still leads to the same socket was it that one.
    const after = trust(path, owners);
    if (sameBytes(before.bytes, after.bytes)) return { socket, binding: after, via: "unix" };
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.destroy();
  throw unavailable(`${path}: the socket was replaced while connecting; try again`);
}

function trust(path: string, owners: readonly string[]): Channel["binding"] {
  try {
    // Nearly always it is root's or this user's own, and nobody else's id needs to be looked up.
    return trustedUnixBinding(path, []);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
  }
  try {
    return trustedUnixBinding(
      path,
      owners.map(userId).filter((id) => id !== undefined),
    );
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    const code =
      error.kind === "not_found" || error.kind === "unreadable" ? "unavailable" : "unauthenticated";
    throw new RpcError(code, error.message, { origin: "channel", outcome: "not_started", cause: error });
  }
}

type Target =
  | { readonly path: string }
  | Pick<TcpNetConnectOpts, "host" | "port" | "noDelay" | "keepAlive" | "keepAliveInitialDelay">;

function connected(target: Target, name: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(target);
    const done = (): void => {
      signal.removeEventListener("abort", abort);
      socket.off("error", fail);
    };
    const fail = (error: Error): void => {
      done();
      reject(unavailable(connectProblem(name, error), error));
    };
    const abort = (): void => {
      socket.destroy();
      fail(new Error("given up"));
    };
    socket.on("error", fail);
    // From birth to death: after the promise is settled an error still must not end the process.
    socket.on("error", () => undefined);
    socket.once("connect", () => {
      done();
      resolve(socket);
    });
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

function unavailable(detail: string, cause?: unknown): RpcError {
  return new RpcError("unavailable", detail, {
    origin: "channel",
    outcome: "not_started",
    ...(cause === undefined ? {} : { cause }),
  });
}
