/** Methods that are granted and never called: a policy has more in it than one caller uses. */
export const OTHER_METHODS = Array.from({ length: 60 }, (_, i) => `task${String(i + 1).padStart(2, "0")}`);
