import type { Io } from "../../cli/io/io.ts";

/** An Io without a process: what was printed, and what it is told of the world. */
export interface FakeIo extends Io {
  readonly printed: string[];
  readonly complaints: string[];
}

interface World {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Without it there is no terminal. */
  readonly takeScreen?: Io["takeScreen"];
}

export function fakeIo({
  files = {},
  env = {},
  signal = new AbortController().signal,
  takeScreen,
}: World = {}): FakeIo {
  const printed: string[] = [];
  const complaints: string[] = [];
  return {
    printed,
    complaints,
    out: (text) => void printed.push(text),
    err: (text) => void complaints.push(text),
    write: async (bytes) => void printed.push(Buffer.from(bytes).toString()),
    status: undefined,
    takeScreen,
    open: async (path) => ({ pieces: piecesOf(content(files, path)), close: () => Promise.resolve() }),
    readBytes: async (path) => content(files, path),
    ask: () => Promise.reject(new Error("nobody is there to be asked")),
    isTerminal: false,
    isOutTerminal: false,
    outColumns: undefined,
    isColoured: false,
    env,
    signal,
  };
}

function content(files: Readonly<Record<string, string | Uint8Array>>, path: string): Uint8Array {
  const found = Object.hasOwn(files, path) ? files[path] : undefined;
  if (found === undefined) throw new Error(`the test has no file ${path}`);
  return typeof found === "string" ? Buffer.from(found) : found;
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3);
}
