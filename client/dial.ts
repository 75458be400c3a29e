import { createConnection, type Socket } from "node:net";
import { sameBytes } from "../base/bytes.ts";
import { FileProblem, systemCode } from "../certs/file-problem.ts";
import type { Channel } from "../link/channel.ts";
import { trustedUnixBinding } from "../link/unix-path.ts";
import { userId } from "../link/user-id.ts";
import type { Address } from "./address.ts";
import { RpcError } from "./rpc-error.ts";

/**
 * Connects to an address, and nothing more: no byte is sent.
 *
 * @param owners - names of users that may own the socket, beside root and this one
 * @throws RpcError `unavailable` if nobody answers; `unauthenticated` if the path cannot be trusted
 */
export async function dial(
  { path }: Address,
  owners: readonly string[],
  signal: AbortSignal,
): Promise<Channel> {
  const ids = owners.map(userId).filter((id) => id !== undefined);
  const before = trust(path, ids);
  const socket = await connected(path, signal);
  try {
    // The path was looked at, then connected to: only if it still leads to the same socket was it that one.
    const after = trust(path, ids);
    if (sameBytes(before.bytes, after.bytes)) return { socket, binding: after, via: "unix" };
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.destroy();
  throw new RpcError("unavailable", `${path}: the socket was replaced while connecting; try again`, {
    origin: "channel",
    outcome: "not_started",
  });
}

function trust(path: string, ids: readonly number[]): Channel["binding"] {
  try {
    return trustedUnixBinding(path, ids);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    const code =
      error.kind === "not_found" || error.kind === "unreadable" ? "unavailable" : "unauthenticated";
    throw new RpcError(code, error.message, { origin: "channel", outcome: "not_started", cause: error });
  }
}

function connected(path: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    const done = (): void => {
      signal.removeEventListener("abort", abort);
      socket.off("error", fail);
    };
    const fail = (error: Error): void => {
      done();
      const detail = `nobody answers at ${path} (${systemCode(error) ?? error.message}): is the daemon running?`;
      reject(
        new RpcError("unavailable", detail, { origin: "channel", outcome: "not_started", cause: error }),
      );
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
