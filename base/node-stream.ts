/** A stream of node's, from whatever copy of its package. */
interface NodeStream {
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
  destroy(): unknown;
}

export function isNodeStream(value: unknown): value is NodeStream {
  if (typeof value !== "object" || value === null) return false;
  return ["on", "off", "destroy"].every((name) => typeof Reflect.get(value, name) === "function");
}

/**
 * Such a stream tells its errors to whoever listens, and where nobody does yet they end the process: a file that is not
 * there, say. From here on somebody does; its reader hears of the error when it begins. Twice is once.
 */
export function outliveErrors(stream: NodeStream): void {
  stream.off("error", unheard);
  stream.on("error", unheard);
}

function unheard(): void {
  // Its iterator throws it.
}
