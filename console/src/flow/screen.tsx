/** The first screen: the flow map, the same as a table, and what happened lately. */

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Foreign, Sentence } from "../code";
import { useSpeech } from "../lang";
import { linkTo } from "../route";
import type { EventRow, RecipientView, Update } from "../schema";
import { amountText, FlowPicture } from "./map";

export function FlowScreen({ update }: { readonly update: Update | null }): JSX.Element {
  const { t, number, time } = useSpeech();
  // A new object at each choice: the same card leads to its row a second time too.
  const [chosen, choose] = useState<{ readonly key: string } | null>(null);
  if (!update) return <p class="quiet">{t.loading}</p>;
  const { flow, events } = update;
  const key = (recipient: RecipientView) => `${recipient.edge}/${recipient.id}`;
  return (
    <>
      <div class="headline">
        <h1>{t.flowIntro}</h1>
        {flow.since && <p class="quiet">{t.since(time(flow.since))}</p>}
      </div>
      {flow.read < flow.entries && <p class="notice">{t.readingLog(flow.read, flow.entries)}</p>}
      {flow.recipients.length === 0 && (
        <div class="empty">
          <h2>{t.emptyTitle}</h2>
          <p>
            <Sentence text={t.emptyText} />
          </p>
        </div>
      )}
      <section class="panel">
        <FlowPicture recipients={flow.recipients} choose={(recipient) => choose({ key: key(recipient) })} />
        <Legend />
      </section>
      <div class="columns">
        <section class="panel panel-table" aria-labelledby="recipients">
          <h2 id="recipients">{t.table}</h2>
          <div class="scroll" tabIndex={0} role="group" aria-label={t.table}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t.colRecipient}</th>
                  <th scope="col">{t.colAmount}</th>
                  <th scope="col">{t.colData}</th>
                  <th scope="col">{t.colWarnings}</th>
                  <th scope="col">{t.colLast}</th>
                </tr>
              </thead>
              <tbody>
                {flow.recipients.map((recipient) => (
                  <Row key={key(recipient)} recipient={recipient} chosen={chosen?.key === key(recipient) ? chosen : null} />
                ))}
              </tbody>
            </table>
          </div>
          {flow.recipients.some((recipient) => recipient.edge === "tool") && <p class="quiet small">{t.toolData}</p>}
        </section>
        <section class="panel" aria-labelledby="events">
          <h2 id="events">{t.events}</h2>
          {events.length === 0 && <p class="quiet">{t.noEvents}</p>}
          <ol class="events">
            {events.map((event) => (
              <EventLine key={number(event.seq)} event={event} />
            ))}
          </ol>
        </section>
      </div>
    </>
  );
}

function Legend(): JSX.Element {
  const { t } = useSpeech();
  const rows = [
    ["masked", t.legendMasked],
    ["clear", t.legendClear],
    ["unread", t.legendUnread],
    ["call", t.legendCall],
  ] as const;
  return (
    <ul class="legend" aria-label={t.legend}>
      {rows.map(([kind, text]) => (
        <li key={kind}>
          <svg width="34" height="10" aria-hidden="true">
            <path class={`line line-${kind}`} d="M1 5 H33" stroke-width="3" />
          </svg>
          {text}
        </li>
      ))}
    </ul>
  );
}

function Row({ recipient, chosen }: { readonly recipient: RecipientView; readonly chosen: object | null }): JSX.Element {
  const speech = useSpeech();
  const { t, say, time } = speech;
  const row = useRef<HTMLTableRowElement>(null);
  // Before the next frame is painted, so that a key pressed right after the choice goes to the row.
  useLayoutEffect(() => {
    if (!chosen) return;
    row.current?.scrollIntoView({ block: "nearest" });
    row.current?.focus({ preventScroll: true });
  }, [chosen]);
  return (
    <tr ref={row} tabIndex={-1} class={chosen ? "chosen" : ""}>
      <th scope="row">
        <Foreign text={recipient.name} />
        <span class="quiet small block">
          {t.edges[recipient.edge]}
          {recipient.edge !== "tool" && ` · ${speech.country(recipient.country)}`}
        </span>
      </th>
      <td>{amountText(recipient, speech)}</td>
      <td>
        {recipient.data.map(({ category, masked, clear }) => (
          <span key={category.id} class="block">
            {say(category.name)}
            {t.colon}
            {masked > 0 && <span class="amount-masked">{t.masked(masked)}</span>}{" "}
            {clear > 0 && <span class="amount-clear">! {t.clear(clear)}</span>}
          </span>
        ))}
        {recipient.opaque > 0 && <span class="block">{t.opaque(recipient.opaque)}</span>}
        {recipient.data.length === 0 && recipient.opaque === 0 && recipient.edge === "model" && t.nothingFound}
      </td>
      <td>
        {recipient.warnings.map((warning) => (
          <span key={warning} class="block warning">
            {t.warnings[warning]}
          </span>
        ))}
        {recipient.warnings.length === 0 && <span class="quiet">{t.noWarnings}</span>}
      </td>
      <td class="nowrap">{time(recipient.last)}</td>
    </tr>
  );
}

function EventLine({ event }: { readonly event: EventRow }): JSX.Element {
  const { t, time } = useSpeech();
  const told = (t.event as Record<string, (about: string) => string>)[event.kind] ?? t.event.later;
  const counted = event.kind === "llm.response" ? t.restored : t.masked;
  return (
    <li>
      <time dateTime={event.t}>{time(event.t)}</time>
      <span class="event-what">
        <Foreign text={told(event.about ?? "")} />
        {event.code && event.code !== "release" && (
          <code class="event-code">
            <Foreign text={event.code} />
          </code>
        )}
        {event.kind === "llm.response" && (event.count ?? 0) >= 400 && <span class="amount-clear">{event.count}</span>}
        {event.masked > 0 && <span class="amount-masked">{counted(event.masked)}</span>}
        {event.clear > 0 && <span class="amount-clear">! {t.clear(event.clear)}</span>}
        {event.exchange && event.kind === "llm.request" && (
          <a href={linkTo({ screen: "exchange", id: event.exchange })}>{t.openExchange}</a>
        )}
      </span>
    </li>
  );
}
