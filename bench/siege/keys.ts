import { PrivateKey } from "../../certs/ed25519.ts";

/** Attackers with grants, and as many without. */
export const ATTACKERS = 4;

/** The key of an attacker: made of its number, so that nothing has to be handed on. */
export function attackerKey(isGranted: boolean, number: number): PrivateKey {
  return new PrivateKey(new Uint8Array(32).fill((isGranted ? 100 : 200) + number));
}
