import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { makeKeyPair, PrivateKey } from "../../certs/ed25519.ts";
import { KnownDaemons } from "../../client/index.ts";
import { ATTACKS, type Attack, type Siege } from "./attacks.ts";
import { attackerKey } from "./keys.ts";
import { RawClient } from "./raw-client.ts";

/*
 * A process that attacks a daemon:
 *
 *     node attacker.js NUMBER ADDRESS STATE-FOLDER
 *
 * It says "ready" when its connections are logged in, begins with the next line of its input, ends with the one after that, and
 * prints what it has spent.
 */

/** What an attack has cost the attacker. */
export interface Spent {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly connections: number;
  readonly cpuSeconds: number;
}

/** A connection that was closed is replaced after so long, in milliseconds. */
const AGAIN_MS = 20;

class Attacker implements Siege {
  readonly #attack: Attack;
  readonly #address: string;
  readonly #hostKey: string;
  readonly #clients: RawClient[] = [];
  #isOn = true;

  constructor(attack: Attack, address: string, hostKey: string) {
    this.#attack = attack;
    this.#address = address;
    this.#hostKey = hostKey;
  }

  /** Logs all connections in. @returns what begins the attack */
  async prepare(): Promise<() => Promise<unknown>> {
    const { principals, connections, isGranted, run } = this.#attack;
    const begun: { readonly client: RawClient; readonly key: PrivateKey }[] = [];
    for (let principal = 0; principal < principals; principal++) {
      const key = attackerKey(isGranted, principal);
      for (let i = 0; i < connections; i++) begun.push({ key, client: await this.#open(key) });
    }
    return () =>
      Promise.all(
        begun.map(async ({ client, key }) => {
          await run(client, this.#for(key));
          while (this.#isOn) {
            await sleep(AGAIN_MS);
            if (this.#isOn) await run(await this.#open(key), this.#for(key));
          }
        }),
      );
  }

  end(): Spent {
    this.#isOn = false;
    for (const client of this.#clients) client.close();
    const { user, system } = process.cpuUsage();
    return {
      sentBytes: this.#sum("sentBytes"),
      receivedBytes: this.#sum("receivedBytes"),
      connections: this.#clients.length,
      cpuSeconds: (user + system) / 1e6,
    };
  }

  isOn(): boolean {
    return this.#isOn;
  }

  logIn(): Promise<RawClient> {
    return this.#open(attackerKey(this.#attack.isGranted, 0));
  }

  dial(): Promise<RawClient> {
    return this.#kept(RawClient.dial(this.#address));
  }

  async knock(): Promise<void> {
    const { seed } = await makeKeyPair();
    await this.#open(new PrivateKey(seed));
  }

  #for(key: PrivateKey): Siege {
    return {
      isOn: () => this.#isOn,
      logIn: () => this.#open(key),
      dial: () => this.dial(),
      knock: () => this.knock(),
    };
  }

  #open(key: PrivateKey): Promise<RawClient> {
    return this.#kept(RawClient.logIn(this.#address, key, this.#hostKey));
  }

  /** Where nothing comes of it, another try is made a little later: that is the daemon's defence, and no error of this side. */
  async #kept(opening: Promise<RawClient>): Promise<RawClient> {
    for (let next = opening; ; next = RawClient.dial(this.#address)) {
      try {
        const client = await next;
        this.#clients.push(client);
        if (!this.#isOn) client.close();
        return client;
      } catch (error) {
        if (!this.#isOn) throw error;
        await sleep(AGAIN_MS);
      }
    }
  }

  #sum(figure: "sentBytes" | "receivedBytes"): number {
    return this.#clients.reduce((sum, client) => sum + client[figure], 0);
  }
}

// It stands for other machines: it must not take the CPU from the daemon and the good client.
setPriority(constants.priority.PRIORITY_LOW);
const [number = "", address = "", folder = ""] = process.argv.slice(2);
const attack = ATTACKS[Number(number)];
if (attack === undefined) throw new Error(`no attack has the number ${number}`);
const [hostKey = ""] = KnownDaemons.read([join(folder, "client", "known_daemons")]).fingerprints(
  `unix:${join(folder, "rpcd.sock")}`,
);
const attacker = new Attacker(attack, address, hostKey);
const begin = await attacker.prepare();
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
process.stdout.write("ready\n");
await lines.next();
// What an attack runs into is what a daemon does against it; what is measured is the good client.
begin().catch(() => undefined);
await lines.next();
process.stdout.write(`${JSON.stringify(attacker.end())}\n`, () => process.exit(0));
