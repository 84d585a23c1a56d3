/** Asking for something when a part of the page appears, and again when what it asks for changes. */

import { useEffect, useState } from "preact/hooks";
import { Failure } from "./client";

export type Loaded<T> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly value: T }
  | { readonly state: "failed"; readonly failure: Failure };

export function useLoaded<T>(ask: (signal: AbortSignal) => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  useEffect(() => {
    const abort = new AbortController();
    setLoaded({ state: "loading" });
    ask(abort.signal).then(
      (value) => setLoaded({ state: "ready", value }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setLoaded({ state: "failed", failure: error instanceof Failure ? error : new Failure(0, String(error)) });
      },
    );
    return () => abort.abort();
  }, keys);
  return loaded;
}
