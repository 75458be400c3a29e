/** The kinds of channel (docs/protocol.md, section 1). */
export const VIAS = ["unix", "tls", "stream"] as const;
export type Via = (typeof VIAS)[number];
