import { joinBytes, uint32Bytes } from "../base/bytes.ts";

/** The bytes behind their length: the `string` of RFC 4251, section 5. */
export function sshString(content: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  return joinBytes([uint32Bytes(bytes.length), bytes]);
}

/** Thrown by {@link SshReader} when the bytes end too early or leave something over. */
export class SshDataError extends Error {
  override readonly name = "SshDataError";
}

/** Reads the fields of RFC 4251, section 5, one after the other. Every length is held against what is there. */
export class SshReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws {@link SshDataError} */
  uint32(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  }

  /** The next `string`, as a view on the input. @throws {@link SshDataError} */
  string(): Uint8Array {
    return this.take(this.uint32());
  }

  /** The next `string`, as text. @throws {@link SshDataError} */
  text(): string {
    return Buffer.from(this.string()).toString("utf8");
  }

  /** The next `length` bytes, as a view on the input. @throws {@link SshDataError} */
  take(length: number): Uint8Array {
    const left = this.#bytes.length - this.#at;
    if (length > left) throw new SshDataError(`${length} bytes were expected, ${left} are left`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Says that nothing may follow. @throws {@link SshDataError} */
  end(): void {
    if (this.left > 0) throw new SshDataError(`${this.left} bytes too many`);
  }
}
