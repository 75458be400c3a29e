const fail = (): never => {
  throw new Error("looked at");
};

/** Answers every question by throwing. */
const FAILING: ProxyHandler<object> = {
  get: fail,
  has: fail,
  getPrototypeOf: fail,
  ownKeys: fail,
  getOwnPropertyDescriptor: fail,
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function withGetter(key: string, get: () => unknown): Error {
  return Object.defineProperty(new Error("a message"), key, { get });
}

function circle(): Error {
  const error = new Error("again");
  error.cause = error;
  return error;
}

/** Things that a service may throw, and that make trouble for whoever looks at them. */
export const HOSTILE_THINGS: Readonly<Record<string, () => unknown>> = {
  "a view whose buffer was taken away": () => {
    const view = new DataView(new ArrayBuffer(8));
    structuredClone(view.buffer, { transfer: [view.buffer] });
    return view;
  },
  "a view with a length of its own": () =>
    Object.defineProperty(new Uint8Array(8), "byteLength", { get: () => Symbol("a length") }),
  ...Object.fromEntries(
    ["stack", "message", "name", "cause", "toString"].flatMap((key) => [
      [`an error whose ${key} throws`, () => withGetter(key, fail)],
      [`an error whose ${key} is a symbol`, () => withGetter(key, () => Symbol(key))],
      [
        `an error whose ${key} is an object without a prototype`,
        () => withGetter(key, () => Object.create(null)),
      ],
      [`an error whose ${key} is a proxy`, () => withGetter(key, () => new Proxy({}, FAILING))],
      [`an error whose ${key} is huge`, () => withGetter(key, () => "\u202e".repeat(10_000_000))],
    ]),
  ),
  "an error with nothing": () =>
    Object.assign(Object.create(Error.prototype), { stack: undefined, message: 1 }),
  "a huge message": () => new Error("\n\u202e".repeat(5_000_000)),
  "a huge text": () => "\u009b".repeat(10_000_000),
  "a huge symbol": () => Symbol("x".repeat(10_000_000)),
  "a huge bigint": () => 1n << 10_000_000n,
  "a huge array": () => Array.from({ length: 1_000_000 }, () => "x"),
  "a huge byte string": () => new Uint8Array(10_000_000),
  "a circle of causes": circle,
  "a proxy that throws": () => new Proxy({}, FAILING),
  "a proxy of an error": () => new Proxy(new Error("inside"), FAILING),
  "a proxy of a function": () => new Proxy(fail, FAILING),
  "a revoked proxy": revoked,
  "an object whose prototype is a proxy": () => Object.create(new Proxy({}, FAILING)),
  "an object without a prototype": () => Object.create(null),
  "an object whose text throws": () => ({ toString: fail }),
  "an object whose text is a symbol": () => ({ [Symbol.toPrimitive]: () => Symbol("x") }),
  "an object whose tag throws": () => Object.defineProperty({}, Symbol.toStringTag, { get: fail }),
  "a function": () => fail,
  nothing: () => null,
};
