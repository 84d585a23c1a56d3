/** Asks the server. Types are those of its description; the token travels in a header only. */

import type {
  ApprovalList,
  ConversationList,
  ExchangeList,
  ExchangeView,
  Passage,
  PassageList,
  Side,
  Update,
} from "./schema";
import { token } from "./session";
import { frames } from "./stream";

const ROOT = "/api/v1/console";

/** Why an answer did not come. `status` is 0 if nobody answered. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function ask(path: string, signal?: AbortSignal, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { "x-ombud-console": token() };
  const init: RequestInit = { headers, cache: "no-store" };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    headers["content-type"] = "application/json";
    init.method = "POST";
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(ROOT + path, init);
  } catch (error) {
    throw new Failure(0, error instanceof Error ? error.message : "");
  }
  if (response.ok) return response;
  const problem: unknown = await response.json().catch(() => null);
  const message =
    problem !== null && typeof problem === "object" && "message" in problem ? String(problem.message) : "";
  throw new Failure(response.status, message);
}

async function json<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await ask(path, signal)).json()) as T;
}

const id = encodeURIComponent;

export function conversations(before: number | null, signal?: AbortSignal): Promise<ConversationList> {
  return json(`/conversations${before === null ? "" : `?before=${before}`}`, signal);
}

export function conversation(name: string, from: number, signal?: AbortSignal): Promise<ExchangeList> {
  return json(`/conversations/${id(name)}?from=${from}`, signal);
}

export function exchange(name: string, signal?: AbortSignal): Promise<ExchangeView> {
  return json(`/exchanges/${id(name)}`, signal);
}

export function passages(
  name: string,
  side: Side,
  from: number,
  limit: number,
  signal?: AbortSignal,
): Promise<PassageList> {
  return json(`/exchanges/${id(name)}/passages/${side}?from=${from}&limit=${limit}`, signal);
}

export function passage(name: string, side: Side, index: number, from: number): Promise<Passage> {
  return json(`/exchanges/${id(name)}/passages/${side}/${index}?from=${from}`);
}

export function approvals(signal?: AbortSignal): Promise<ApprovalList> {
  return json("/approvals", signal);
}

/** Allows a call that waits, once, or declines it. */
export async function answerCall(code: string, stands: string, allow: boolean): Promise<void> {
  await ask(`/approvals/${id(code)}`, undefined, { allow, stands });
}

/** Calls `update` each time the log has grown, until the stream ends or is aborted. */
export async function follow(update: (update: Update) => void, signal: AbortSignal): Promise<void> {
  const response = await ask("/stream", signal);
  if (!response.body) throw new Failure(0, "");
  for await (const frame of frames(response.body)) {
    if (frame.event === "update") update(JSON.parse(frame.data) as Update);
  }
}
