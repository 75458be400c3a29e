// The daemon's side: it is given lines, and a function, which both stay with the caller.
import { callback, defineService, method, param, stream, z } from "rpcd/service";

export default defineService("text", {
  countLines: method({
    doc: "Iterates the lines of the caller's file, and calls the caller's function for each.",
    params: [param("lines", stream(z.string())), param("on_line", callback({ args: [z.string()] }))],
    returns: z.int(),
    effect: "read",
    run: async ({ lines, on_line }) => {
      let count = 0;
      for await (const line of lines) {
        await on_line(line);
        count++;
      }
      return count;
    },
  }),
});

// What may be exported to the method, and how much of it.
export const GRANTS = `
  count:
    to: caller
    call: text.countLines
    args:
      lines: {stream: {bytes: 64MiB, for: 10m}}
      on_line: {callback: {calls: 1000000, for: 10m}}
`;
