/** The stream of updates, kept up: when it breaks, it is opened again, slower each time. */

import { useEffect, useState } from "preact/hooks";
import { Failure, follow } from "./client";
import type { Update } from "./schema";

export interface Live {
  readonly update: Update | null;
  readonly connection: "trying" | "open" | "broken" | "refused";
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8000;

/** `session` changes when another token is to be tried. */
export function useLive(session: number): Live {
  const [update, setUpdate] = useState<Update | null>(null);
  const [connection, setConnection] = useState<Live["connection"]>("trying");
  useEffect(() => {
    const abort = new AbortController();
    setConnection("trying");
    const take = (update: Update) => {
      setConnection("open");
      setUpdate(update);
    };
    void keepUp(take, setConnection, abort.signal);
    return () => abort.abort();
  }, [session]);
  return { update, connection };
}

async function keepUp(
  take: (update: Update) => void,
  say: (connection: Live["connection"]) => void,
  signal: AbortSignal,
): Promise<void> {
  let pause = FIRST_PAUSE;
  const took = (update: Update) => {
    pause = FIRST_PAUSE;
    take(update);
  };
  while (!signal.aborted) {
    try {
      await follow(took, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Failure && error.status === 401) return say("refused");
    }
    if (signal.aborted) return;
    say("broken");
    await new Promise((done) => setTimeout(done, pause));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}
