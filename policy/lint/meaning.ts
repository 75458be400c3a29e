const PLACES = /^(?:at|(?:key|roles|identities|authorities|via|from)At)$/;

/** What a part of a policy's tree says, without where it stands, as a text: two that are equal mean the same. */
export function meaning(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => {
    if (PLACES.test(key)) return undefined;
    if (value instanceof Map) return [...value];
    if (typeof value === "bigint") return `${value}n`;
    // JSON has no infinities: an open end would be the same as any other, and as nothing.
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  });
}
