import { once } from "node:events";
import { request } from "node:http";

export interface Reply {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

export type Place = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** Asks for a page over HTTP. */
export async function ask(
  place: Place,
  {
    method = "GET",
    path = "/metrics",
    headers = {},
  }: { method?: string; path?: string; headers?: object } = {},
): Promise<Reply> {
  const asked = request({ ...place, method, path, headers: { ...headers }, agent: false });
  asked.end();
  const [response] = await once(asked, "response");
  let body = "";
  for await (const part of response) body += String(part);
  return { status: response.statusCode, headers: response.headers, body };
}
