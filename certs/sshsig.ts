import { hash } from "node:crypto";
import { joinBytes } from "../base/bytes.ts";
import { sshString } from "./ssh-data.ts";

/** What a signature is for. One made for one purpose is none for another: the name is signed with it. */
export type SignaturePurpose = "host.v1@rpcd" | "login.v1@rpcd" | "hostkey.v1@rpcd";

/**
 * The bytes that are signed (OpenSSH PROTOCOL.sshsig, "Signed Data, of which the signature goes into
 * the blob"):
 *
 *     "SSHSIG" | string namespace | string reserved, empty | string "sha512" | string SHA-512(message)
 *
 * So a key in ssh-agent can sign for us, and `ssh-keygen -Y verify` can check what we sign. Only the
 * 64 bytes of the signature travel; each side builds this block itself.
 */
export function signedBlock(purpose: SignaturePurpose, message: Uint8Array): Uint8Array {
  return joinBytes([
    Buffer.from("SSHSIG", "ascii"),
    sshString(purpose),
    sshString(""),
    sshString("sha512"),
    sshString(hash("sha512", message, "buffer")),
  ]);
}
