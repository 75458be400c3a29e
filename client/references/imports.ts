import { type Catalogue, isLive, liveName } from "../../catalogue/catalogue.ts";
import type { Outbox } from "../../session/outbox.ts";
import { ImportTable } from "../../session/references/imports.ts";
import { StreamReader } from "../../session/references/stream-reader.ts";
import type { Received } from "../../wire/read-message.ts";
import { WireReference } from "../../wire/reference.ts";
import type { Account } from "../calls/account.ts";
import { onAbort } from "../calls/on-abort.ts";
import type { Request } from "../calls/options.ts";
import { errorOfRecord, RpcError } from "../errors/rpc-error.ts";
import { keepRoute, type ProxyCaller, remoteProxy } from "./proxy.ts";
import { onRelease, release } from "./release.ts";

/** What the daemon has returned, and that is in use. */
interface ImportedReference {
  readonly id: number;
  readonly reader: StreamReader | undefined;
  /** Ends what was passed with the call that returned it; twice is once. */
  readonly over: () => void;
  /** why its owner ended it */
  gone: RpcError | undefined;
}

interface ImportsConnection {
  readonly outbox: Outbox;
  call(request: Request): Promise<unknown>;
  catalogue(): Promise<Catalogue>;
  readonly account: Account;
}

/** What a daemon has returned by reference to this client: functions, objects and streams that stand for it. */
export class Imports {
  readonly #line: ImportsConnection;
  readonly #peer = new ImportTable<ImportedReference>();
  /** The numbers of what stands for something of this daemon. */
  readonly #ids = new WeakMap<object, number>();
  /** What is forgotten without being released keeps something alive at the daemon: it is said, once, and nothing is done. */
  readonly #forgotten = new FinalizationRegistry<number>((id) => {
    if (this.#hasWarned || this.#peer.get(id) === undefined) return;
    this.#hasWarned = true;
    process.emitWarning("something that a daemon returned was never released", {
      code: "RPCD_UNRELEASED",
      detail:
        "The daemon keeps it: release(it), or hold it with `using`. Of this connection it is said once.",
    });
  });
  #hasWarned = false;

  constructor(line: ImportsConnection) {
    this.#line = line;
  }

  /** What is in use: a test counts what is left. */
  get size(): number {
    return this.#peer.size;
  }

  /**
   * What the caller gets for a reference in an answer.
   *
   * @param over - called when nothing of the call goes on: for a stream at its end, else before this returns; twice is once
   * @throws Fault `protocol_error` if its number does not grow
   */
  take({ kind, id }: WireReference, request: Request, over: () => void): object {
    if (kind === "stream") return this.#stream(id, request, over);
    this.#peer.take(id, { id, reader: undefined, over, gone: undefined });
    over();
    const interfaceName = (): Promise<string | undefined> => this.interfaceOf(request);
    const call: ProxyCaller = (method, positional, named, options) => {
      const gone = this.#peer.get(id)?.gone;
      if (gone !== undefined) return Promise.reject(gone);
      return this.#line.call({ target: id, method, positional, named, options, interfaceName });
    };
    const made = kind === "callback" ? remoteFunction(call) : remoteProxy(call, "");
    onRelease(made, () => this.#release(id));
    this.#ids.set(made, id);
    this.#forgotten.register(made, id);
    return made;
  }

  /** What goes into a message for something that this daemon has returned: it comes back as what it is there. */
  givenBack(value: unknown): WireReference | undefined {
    const id =
      (typeof value === "object" && value !== null) || typeof value === "function"
        ? this.#ids.get(value)
        : undefined;
    return id === undefined ? undefined : new WireReference("yours", id);
  }

  /** A reference for a caller that does not wait any longer. @throws Fault `protocol_error` */
  refuse({ id }: WireReference): void {
    this.#peer.take(id, { id, reader: undefined, over: nothing, gone: undefined });
    this.#release(id);
  }

  /** @throws Fault `protocol_error` */
  receive(message: Extract<Received, { kind: "item" | "end" | "gone" }>, bytes: number): void {
    const held = this.#peer.named(message.ref);
    if (held === undefined) return;
    if (message.kind === "item") {
      held.reader?.push(message.item, bytes);
      return;
    }
    if (message.kind === "end") held.reader?.end();
    else {
      held.gone = errorOfRecord(message.fault);
      held.reader?.end(held.gone);
    }
    // Also where the program has not read that far: what the daemon may still call does not depend on it.
    held.over();
  }

  /** The connection is gone, and nothing of the daemon is left. */
  lost(error: RpcError): void {
    for (const { id, reader } of this.#peer.all()) {
      this.#peer.end(id);
      reader?.end(error);
    }
  }

  /** Twice is once. */
  #release(id: number): void {
    if (this.#peer.end(id)) this.#line.outbox.tell({ kind: "release", ref: id });
  }

  #stream(id: number, { options: { signal } }: Request, over: () => void): StreamReader {
    const abort = (): void =>
      reader.abort(
        new RpcError("cancelled", "the stream was cancelled", { outcome: "unknown", cause: signal?.reason }),
      );
    const reader = new StreamReader({
      credit: (bytes) => this.#line.outbox.tell({ kind: "credit", ref: id, bytes }),
      release: () => this.#line.outbox.tell({ kind: "release", ref: id }),
      ended: () => {
        endHearing?.();
        this.#peer.end(id);
        over();
      },
      holds: (cost) => this.#line.account.take(cost),
      gives: (cost) => this.#line.account.give(cost),
      noRoom: (cost) =>
        new RpcError("resource_exhausted", `no room here for an item that costs ${cost} bytes: read faster`, {
          origin: "limit",
          outcome: "unknown",
        }),
      read: (item) => item,
    });
    this.#peer.take(id, { id, reader, over, gone: undefined });
    onRelease(reader, () => void reader.return());
    const endHearing = signal && !signal.aborted ? onAbort(signal, abort) : undefined;
    if (signal?.aborted) abort();
    return reader;
  }

  /** Under which name the daemon's catalogue has the methods of what the call has returned. */
  async interfaceOf({ method, interfaceName }: Request): Promise<string | undefined> {
    const name = interfaceName === undefined ? method : `${await interfaceName()}.${method || "call"}`;
    const returns = (await this.#line.catalogue()).get(name)?.returns;
    if (returns === undefined || !isLive(returns)) return undefined;
    return returns.type === "object" ? liveName(returns) : name;
  }
}

function nothing(): void {
  // Its call is over already.
}

/** A function of the daemon: it is called with a message, and nothing else about it sends one. */
function remoteFunction(call: ProxyCaller): object {
  const made = (...positional: unknown[]): Promise<unknown> => call("", positional, {}, {});
  Object.defineProperty(made, Symbol.dispose, { value: () => release(made) });
  keepRoute(made, call);
  return made;
}
