import { escapeText } from "../../base/escape.ts";
import { isFingerprint } from "../../certs/public-key.ts";
import { KnownDaemons } from "../../client/index.ts";
import { pin, readAddress } from "../connect/connection.ts";
import { usage } from "../io/failure.ts";
import { jsonText } from "../print/json.ts";
import { JSON_FLAG, KNOWN_DAEMONS } from "../settings/options.ts";
import { readSettings } from "../settings/settings.ts";
import { defineCommand } from "../words/command.ts";

export default defineCommand({
  examples: [
    [
      "rpcctl trust unix:/run/rpcd/rpcd.sock SHA256:uNiVztksCsDhcc0u9e8BrrhXkOYe0/SbIRn1xSf9Z3o",
      "believe the daemon that has this host key, and no other there",
    ],
  ],
  options: {
    address: { kind: "word", describe: "where the daemon listens" },
    fingerprint: { kind: "word", describe: "of its host key: SHA256:…" },
    ...KNOWN_DAEMONS,
    ...JSON_FLAG,
  },

  run: async ({ address: given, fingerprint, json, ...options }, io) => {
    const address = readAddress(given);
    if (!isFingerprint(fingerprint)) {
      throw usage(
        `'${fingerprint}' is no fingerprint: SHA256: and 43 characters were expected`,
        "rpcctl key fingerprint FILE prints it",
      );
    }
    const file = (await readSettings(options, io)).knownDaemons.write;
    if (file === undefined) {
      throw usage(
        "without HOME and XDG_STATE_HOME there is no place to keep it",
        "give --known-daemons FILE",
      );
    }
    const before = KnownDaemons.read([file])
      .fingerprints(address)
      .filter((one) => one !== fingerprint);
    pin(file, address, [fingerprint]);
    const instead = before.length === 0 ? "" : `, instead of ${before.join(", ")}`;
    io.out(
      json
        ? jsonText({ address, fingerprint, file })
        : escapeText(`${address} is ${fingerprint} from now on${instead} (${file})`),
    );
    return "ok";
  },
});
