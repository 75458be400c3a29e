import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { createInterface } from "node:readline";
import { PYTHON } from "./activation.ts";

/** The socket on which systemd hears of its services (sd_notify(3)); Node has no datagrams there. */
export class NotifySocket {
  readonly address: string;
  /** What was said, one text for each datagram, without the barriers of systemd-notify. */
  readonly heard: string[] = [];
  readonly #child: ChildProcess;
  readonly #news = new EventEmitter();

  private constructor(address: string, child: ChildProcess) {
    this.address = address;
    this.#child = child;
  }

  /**
   * @param address - a path, or `@name` for an abstract one
   * @param reads - without it, nothing is read before {@link read}
   */
  static async open(address: string, reads = true): Promise<NotifySocket> {
    const child = spawn(PYTHON, ["-E", "-s", "-S", "-B", "-c", RECEIVER, address], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const socket = new NotifySocket(address, child);
    const bound = new Promise<void>((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line === "bound") return resolve();
        const text = String(JSON.parse(line));
        if (text.startsWith("BARRIER=")) return;
        socket.heard.push(text);
        socket.#news.emit("heard");
      });
    });
    await bound;
    if (reads) socket.read();
    return socket;
  }

  /** Reads from now on. */
  read(): void {
    this.#child.stdin?.end();
  }

  /** Settles when something with this text was heard, from the given place on. @returns its place */
  async hears(text: string, from = 0): Promise<number> {
    for (;;) {
      const at = this.heard.findIndex((one, place) => place >= from && one.includes(text));
      if (at >= 0) return at;
      await new Promise((resolve) => this.#news.once("heard", resolve));
    }
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }
}

/** What comes with a datagram, a descriptor of the barrier, is closed as it is not taken: so systemd-notify goes on. */
const RECEIVER = `
import json, socket, sys
address = sys.argv[1]
made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
made.bind("\\0" + address[1:] if address[0] == "@" else address)
print("bound", flush=True)
sys.stdin.read()
while True:
    print(json.dumps(made.recv(65536).decode()), flush=True)
`;
