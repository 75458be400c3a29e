import { randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** 80 random bits in 16 letters and digits: nobody can guess the id of another's request. */
export function connectionId(): string {
  return Array.from(randomBytes(16), (byte) => ALPHABET[byte & 31]).join("");
}
