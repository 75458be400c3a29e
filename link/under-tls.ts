/** Under it, a TLS stream has the stream that its encrypted bytes go to: how far they have come is seen there alone. */
export const UNDER_TLS = Symbol("the stream under TLS");
