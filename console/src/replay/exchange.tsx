/** One exchange: what the agent sent beside what the provider saw, the answer beside what the agent got, the tool calls. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { exchange as ask } from "../client";
import { Foreign, Sentence } from "../code";
import { useSpeech } from "../lang";
import { useLoaded } from "../load";
import { Waiting } from "../notice";
import { linkTo } from "../route";
import type {
  AnswerView,
  ContentState,
  ExchangeView,
  NoticeView,
  OverlapView,
  RequestView,
  ToolView,
} from "../schema";
import { lookUp } from "../texts";
import { OriginBadge, OriginLegend, Passages } from "./passages";
import type { Pointing } from "./marked";

export function ExchangeScreen({ id }: { readonly id: string }): JSX.Element {
  const { t, time } = useSpeech();
  const loaded = useLoaded((signal) => ask(id, signal), [id]);
  const [token, point] = useState<string | null>(null);
  if (loaded.state !== "ready") return <Waiting loaded={loaded} />;
  const view = loaded.value;
  const back = view.conversation
    ? linkTo({ screen: "conversation", id: view.conversation })
    : linkTo({ screen: "conversations" });
  return (
    <>
      <p class="crumbs">
        <a href={back}>← {view.conversation ? t.conversation : t.conversations}</a>
      </p>
      <div class="headline">
        <h1>{t.exchange}</h1>
        <p class="quiet">
          <time dateTime={view.t}>{time(view.t)}</time> <span class="mono small">{view.id}</span>
        </p>
      </div>
      {view.refused !== null && (
        <p class="notice notice-bad">
          <Sentence text={t.refusedText(view.refused)} />
        </p>
      )}
      {view.request && <Request id={id} request={view.request} token={token} point={point} />}
      {view.tools.length > 0 && <Tools tools={view.tools} />}
      {view.request && <Answer id={id} view={view} token={token} point={point} />}
      {view.notices.length > 0 && <Notices notices={view.notices} />}
      <section class="panel small quiet">
        <OriginLegend />
        <p>{t.markHint}</p>
        {(view.request?.clear ?? 0) > 0 && <p>{t.clearHint}</p>}
        <p>{t.hiddenHint}</p>
      </section>
    </>
  );
}

function Facts({ rows }: { readonly rows: readonly (readonly [string, string])[] }): JSX.Element {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Foreign text={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Request({ id, request, token, point }: Pointing & { readonly id: string; readonly request: RequestView }): JSX.Element {
  const { t, number } = useSpeech();
  const facts = [
    [t.colRecipient, `${request.provider} (${request.host})`],
    [t.model, request.model ?? "–"],
    [t.size, t.bytes(`${number(request.bytes_sent)} → ${number(request.bytes_seen)}`)],
  ] as const;
  return (
    <section class="panel" aria-labelledby="request">
      <h2 id="request">
        {t.request}
        <span class="chips">
          {request.masked > 0 && <span class="chip chip-masked">{t.masked(request.masked)}</span>}
          {request.clear > 0 && <span class="chip chip-clear">! {t.clear(request.clear)}</span>}
        </span>
      </h2>
      <Facts rows={facts} />
      {request.wire === "unread" && <p class="notice">{t.unreadWire}</p>}
      {request.opaque.length > 0 && (
        <p class="notice">
          {t.notInspected}
          {t.colon}
          {request.opaque.map((part) => `${lookUp(t.opaqueKinds, part.kind)} (${t.bytes(number(part.bytes))})`).join(", ")}
        </p>
      )}
      <Gone state={request.state} />
      {request.passages > 0 && (
        <Passages exchange={id} side="request" count={request.passages} token={token} point={point} />
      )}
    </section>
  );
}

function Answer({ id, view, token, point }: Pointing & { readonly id: string; readonly view: ExchangeView }): JSX.Element {
  const { t } = useSpeech();
  const { answer } = view;
  return (
    <section class="panel" aria-labelledby="answer">
      <h2 id="answer">
        {t.answer}
        <span class="chips">
          {answer && answer.restored > 0 && <span class="chip chip-masked">{t.restored(answer.restored)}</span>}
        </span>
      </h2>
      {answer ? (
        <>
          <AnswerFacts answer={answer} />
          <Gone state={answer.state} />
          {answer.state === "readable" && answer.passages === 0 && <p class="quiet">{t.answerEmpty}</p>}
          {answer.passages > 0 && (
            <Passages exchange={id} side="answer" count={answer.passages} token={token} point={point} />
          )}
        </>
      ) : (
        <p class="quiet">{t.pending}</p>
      )}
    </section>
  );
}

function AnswerFacts({ answer }: { readonly answer: AnswerView }): JSX.Element {
  const { t, number } = useSpeech();
  const rows: [string, string][] = [
    [t.status, [answer.status === 0 ? "–" : String(answer.status), answer.finish, answer.code].filter(Boolean).join(" · ")],
    [t.duration, t.ms(number(answer.ms))],
  ];
  if (answer.fault !== "none") rows.push([t.fault, lookUp(t.faults, answer.fault)]);
  return (
    <>
      <Facts rows={rows} />
      {!answer.complete && <p class="notice">{t.unfinished}</p>}
      {answer.cut && <p class="notice">{t.cut}</p>}
    </>
  );
}

/** Why there is nothing to read. */
function Gone({ state }: { readonly state: ContentState }): JSX.Element | null {
  const { t } = useSpeech();
  if (state === "readable") return null;
  const text = { erased: t.erased, none: t.noContent, damaged: t.damaged }[state];
  return (
    <p class={state === "damaged" ? "notice notice-bad" : "notice"}>
      <Sentence text={text} />
    </p>
  );
}

function Tools({ tools }: { readonly tools: readonly ToolView[] }): JSX.Element {
  const { t } = useSpeech();
  return (
    <section class="panel" aria-labelledby="tools">
      <h2 id="tools">{t.tools}</h2>
      {tools.map((tool, i) => (
        <Tool key={i} tool={tool} />
      ))}
    </section>
  );
}

function Tool({ tool }: { readonly tool: ToolView }): JSX.Element {
  const { t, say } = useSpeech();
  return (
    <article class="tool">
      <header class="tool-head">
        <code>
          <Foreign text={tool.tool} />
        </code>
        {tool.effect !== null && <span class="chip">{lookUp(t.effects, tool.effect)}</span>}
        <span class={tool.released ? "chip chip-masked" : "chip chip-clear"}>
          {t.decision}
          {t.colon}
          <Foreign text={say(tool.told)} />
        </span>
      </header>
      {!tool.complete && <p class="notice">{t.incomplete}</p>}
      {tool.arguments.length === 0 ? (
        <p class="quiet small">{t.notExamined}</p>
      ) : (
        <>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.argument}</th>
                <th scope="col">{t.overlaps}</th>
              </tr>
            </thead>
            <tbody>
              {tool.arguments.map((argument) => (
                <tr key={argument.path}>
                  <th scope="row">
                    <code>
                      <Foreign text={argument.path} />
                    </code>{" "}
                    {argument.part !== null && <span class="quiet small">{lookUp(t.parts, argument.part)}</span>}
                  </th>
                  <td>
                    {argument.overlaps.length === 0 && <span class="quiet">{t.noOverlap}</span>}
                    <Overlaps overlaps={argument.overlaps} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="quiet small">{t.overlapsHint}</p>
        </>
      )}
    </article>
  );
}

function Notices({ notices }: { readonly notices: readonly NoticeView[] }): JSX.Element {
  const { t, say } = useSpeech();
  return (
    <section class="panel" aria-labelledby="notices">
      <h2 id="notices">{t.noticed}</h2>
      {notices.map((notice, i) => (
        <article class="tool" key={i}>
          <header class="tool-head">
            <code>
              <Foreign text={notice.rule} />
            </code>
            <span class={notice.left ? "chip" : "chip chip-clear"}>
              <Foreign text={say(notice.told)} />
            </span>
          </header>
          <Overlaps overlaps={notice.overlaps} />
        </article>
      ))}
      <p class="quiet small">{t.overlapsHint}</p>
    </section>
  );
}

/** Places in the request where something stands too. */
function Overlaps({ overlaps }: { readonly overlaps: readonly OverlapView[] }): JSX.Element {
  const { t } = useSpeech();
  return (
    <>
      {overlaps.map((overlap, i) => (
        <span key={i} class="block">
          <OriginBadge from={overlap.origin.from} name={overlap.origin.name} />{" "}
          <button type="button" class="inline" onClick={() => goTo(overlap.slot)}>
            {t.part(overlap.slot + 1)}
          </button>{" "}
          <span class="quiet small">{lookUp(t.by, overlap.by)}</span>
        </span>
      ))}
    </>
  );
}

function goTo(slot: number): void {
  const passage = document.getElementById(`passage-request-${slot}`);
  passage?.scrollIntoView({ block: "center" });
  passage?.focus({ preventScroll: true });
}
