// Functions that another program may call: register them, and that is all.
import { createServer } from "rpcd/daemon";
import { param, z } from "rpcd/service";

export const server = createServer()
  .register(function add(x, y) {
    return x + y;
  })
  .register(
    function sub(x, y) {
      return x - y;
    },
    { params: [param("x", z.number()), param("y", z.number())] },
  );

// The policy decides: without a grant nobody may call anything.
export const GRANTS = `
  arithmetic: {to: caller, call: [add, sub], args: any}
`;
