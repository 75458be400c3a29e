import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sshString } from "../../certs/ssh-data.ts";
import { inFolder } from "../support/temp-folder.ts";

/** A signature as the vectors have it. */
export interface Signed {
  readonly message: Uint8Array;
  readonly namespace: string;
  /** 32 bytes */
  readonly key: Uint8Array;
  /** 64 bytes */
  readonly signature: Uint8Array;
}

/** Whether `ssh-keygen -Y verify` says that it is good, for a signer who may sign for this namespace alone. */
export function isGoodForSshKeygen({ message, namespace, key, signature }: Signed): Promise<boolean> {
  return inFolder((folder) => {
    const [allowed, armoured] = [join(folder, "allowed"), join(folder, "signature")];
    const line = `ssh-ed25519 ${wireKey(key).toString("base64")}`;
    writeFileSync(allowed, `signer namespaces="${namespace}" ${line}\n`);
    writeFileSync(armoured, armour(blob(namespace, key, signature)));
    const args = ["-Y", "verify", "-f", allowed, "-I", "signer", "-n", namespace, "-s", armoured];
    const { error, status } = spawnSync("ssh-keygen", args, { input: message });
    if (error !== undefined) throw error;
    return status === 0;
  });
}

/** A string of RFC 8709, section 4: the name of the kind, then the key or the signature. */
function wireKey(bytes: Uint8Array): Buffer {
  return Buffer.concat([sshString("ssh-ed25519"), sshString(bytes)]);
}

/** OpenSSH, PROTOCOL.sshsig: "Signature blob format", version 1. */
function blob(namespace: string, key: Uint8Array, signature: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from("SSHSIG"),
    Buffer.of(0, 0, 0, 1),
    sshString(wireKey(key)),
    sshString(namespace),
    sshString(""),
    sshString("sha512"),
    sshString(wireKey(signature)),
  ]);
}

function armour(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""].join("\n");
}
