/** What is shown while something loads, and when it cannot be had. */

import type { JSX } from "preact";
import { Sentence } from "./code";
import { useSpeech } from "./lang";
import type { Loaded } from "./load";

export function Waiting<T>({ loaded }: { readonly loaded: Loaded<T> }): JSX.Element | null {
  const { t } = useSpeech();
  if (loaded.state === "ready") return null;
  if (loaded.state === "loading") return <p class="quiet">{t.loading}</p>;
  const { status, message } = loaded.failure;
  const known = status === 401 ? t.tokenWrong : status === 404 ? t.notFound : status === 0 ? t.gone : t.failed;
  return (
    <div class="notice notice-bad" role="alert">
      <p>
        <Sentence text={known} />
      </p>
      {status >= 500 && (
        <p class="small">
          <Sentence text={message} />
        </p>
      )}
    </div>
  );
}
