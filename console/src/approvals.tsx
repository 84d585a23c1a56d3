/** Tool calls that wait for a yes, above whatever is looked at. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { answerCall, approvals, Failure } from "./client";
import { Foreign, Sentence } from "./code";
import { useSpeech } from "./lang";
import { useLoaded } from "./load";
import type { ApprovalRow } from "./schema";

/** Characters of the arguments that are shown at their beginning and at their end. */
const HEAD = 1200;
const TAIL = 400;

/** What the call is made with, without blanks that push something out of sight. */
function both(text: string): string {
  const line = [...text.replace(/\s+/g, " ")];
  if (line.length <= HEAD + TAIL) return line.join("");
  return `${line.slice(0, HEAD).join("")} […${line.length - HEAD - TAIL}…] ${line.slice(-TAIL).join("")}`;
}

/** `grown` changes with the log: a call that waits is in it. */
export function Approvals({ grown }: { readonly grown: number }): JSX.Element | null {
  const { t } = useSpeech();
  const [answered, setAnswered] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const loaded = useLoaded((signal) => approvals(signal), [grown, answered]);
  // What fails here fails below as well, and is told there.
  const waiting = loaded.state === "ready" ? loaded.value.approvals : [];
  const say = (call: ApprovalRow, allow: boolean) => {
    answerCall(call.code, call.stands, allow).then(
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
  readonly say: (call: ApprovalRow, allow: boolean) => void;
}

function Call({ call, say }: CallProps): JSX.Element {
  const { t, lang } = useSpeech();
  const shown = call.arguments === null ? null : both(call.arguments);
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
        </pre>
      )}
      <p class="small">{call.why[lang]}</p>
      <p>
        {shown !== null && (
          <button type="button" class="button button-main" onClick={() => say(call, true)}>
            {t.allowCall(call.code)}
          </button>
        )}{" "}
        <button type="button" class="button" onClick={() => say(call, false)}>
          {t.declineCall(call.code)}
        </button>
      </p>
    </li>
  );
}
