/** Tool calls that wait for a yes, above whatever is looked at. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { answerCall, approvals, Failure } from "./client";
import { Foreign, Sentence } from "./code";
import { useSpeech } from "./lang";
import { useLoaded } from "./load";
import type { ApprovalRow } from "./schema";

/** Characters of the arguments that are shown. */
const SHOWN = 1600;

/** `grown` changes with the log: a call that waits is in it. */
export function Approvals({ grown }: { readonly grown: number }): JSX.Element | null {
  const { t } = useSpeech();
  const [answered, setAnswered] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const loaded = useLoaded((signal) => approvals(signal), [grown, answered]);
  // What fails here fails below as well, and is told there.
  const waiting = loaded.state === "ready" ? loaded.value.approvals : [];
  const say = (code: string, allow: boolean) => {
    answerCall(code, allow).then(
      () => setProblem(null),
      (error: unknown) => setProblem(error instanceof Failure && error.message ? error.message : t.failed),
    ).finally(() => setAnswered(answered + 1));
  };
  if (waiting.length === 0 && problem === null) return null;
  return (
    <section class="panel approvals" aria-label={t.approvals}>
      <h2>{t.approvals}</h2>
      {problem !== null && (
        <p class="notice notice-bad" role="alert">
          <Sentence text={problem} />
        </p>
      )}
      <ul>
        {waiting.map((call) => (
          <Call key={call.code} call={call} say={say} />
        ))}
      </ul>
    </section>
  );
}

interface CallProps {
  readonly call: ApprovalRow;
  readonly say: (code: string, allow: boolean) => void;
}

function Call({ call, say }: CallProps): JSX.Element {
  const { t, lang } = useSpeech();
  const shown = call.arguments === null ? null : [...call.arguments].slice(0, SHOWN).join("");
  return (
    <li>
      <p>
        <code>
          <Foreign text={call.tool} />
        </code>
        {call.server !== null && (
          <>
            {" "}
            <Foreign text={call.server} />
          </>
        )}
        {t.colon}
        {call.does[lang]}
      </p>
      {shown === null ? (
        <p class="quiet">{t.noArguments}</p>
      ) : (
        <pre>
          <Foreign text={shown} />
          {shown.length < (call.arguments ?? "").length && "…"}
        </pre>
      )}
      <p class="small">{call.why[lang]}</p>
      <p>
        <button type="button" class="button button-main" onClick={() => say(call.code, true)}>
          {t.allowCall(call.code)}
        </button>{" "}
        <button type="button" class="button" onClick={() => say(call.code, false)}>
          {t.declineCall(call.code)}
        </button>
      </p>
    </li>
  );
}
