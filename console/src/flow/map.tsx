/** The flow map as a picture. Everything in it stands in the table too. */

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Foreign } from "../code";
import { useSpeech, type Speech } from "../lang";
import type { RecipientView } from "../schema";
import { lineKind, NAMED, picture, thickness, type Box, type Card } from "./layout";

interface Props {
  readonly recipients: readonly RecipientView[];
  readonly choose: (recipient: RecipientView) => void;
}

export function FlowPicture({ recipients, choose }: Props): JSX.Element {
  const speech = useSpeech();
  const { t } = speech;
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const { agent, groups, height } = picture(width, recipients);
  return (
    <div class="map" ref={frame}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={t.flowIntro}>
        {groups.flatMap(({ edge, cards, blank }) => [
          ...cards.map((card) => (
            <path
              key={edge + card.recipient.id}
              class={`line line-${lineKind(card.recipient)}`}
              d={card.line}
              stroke-width={thickness(card.recipient.requests)}
            />
          )),
          blank && <path key={edge} class="line line-idle" d={blank.line} stroke-width={1.5} />,
        ])}
        <Inside box={agent}>
          <div class="agent">
            <Mark />
            <strong>{t.agent}</strong>
            <span>Ombud · 安伴</span>
          </div>
        </Inside>
        {groups.map(({ edge, title, cards, blank }) => (
          <g key={edge} role="group" aria-label={t.edges[edge]}>
            <Inside box={title}>
              <div class="edge-title">
                <strong>{t.edges[edge]}</strong> <span>{t.edgeText[edge]}</span>
              </div>
            </Inside>
            {cards.map((card) => (
              <Inside key={card.recipient.id} box={card}>
                <RecipientCard card={card} choose={choose} speech={speech} />
              </Inside>
            ))}
            {blank && (
              <Inside box={blank.box}>
                <div class="card card-blank">{t.noneSeen}</div>
              </Inside>
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}

/** Ordinary page content at a place of the picture: it wraps, and it can be reached by keyboard. */
function Inside({ box, children }: { readonly box: Box; readonly children: JSX.Element }): JSX.Element {
  return (
    <foreignObject x={box.x} y={box.y} width={box.width} height={box.height}>
      {children}
    </foreignObject>
  );
}

function RecipientCard({
  card,
  choose,
  speech,
}: {
  readonly card: Card;
  readonly choose: (recipient: RecipientView) => void;
  readonly speech: Speech;
}): JSX.Element {
  const { recipient } = card;
  const { t, say, number } = speech;
  const more = recipient.data.length - NAMED;
  const [warning] = recipient.warnings;
  return (
    <button type="button" class={`card card-${lineKind(recipient)}`} onClick={() => choose(recipient)}>
      <span class="card-head">
        <span class="card-name">
          <Foreign text={recipient.name} />
        </span>
        {recipient.edge !== "tool" && (
          <span class={recipient.country === "unknown" ? "country country-unknown" : "country"}>
            {speech.country(recipient.country)}
          </span>
        )}
      </span>
      <span class="card-count">{amountText(recipient, speech)}</span>
      {recipient.data.slice(0, NAMED).map(({ category, masked, clear }) => (
        <span key={category.id} class="card-row">
          <span class="card-category">{say(category.name)}</span>
          <span class="card-amount">
            {masked > 0 && <span class="amount-masked">{t.masked(masked)}</span>}
            {clear > 0 && <span class="amount-clear">! {t.clear(clear)}</span>}
          </span>
        </span>
      ))}
      {more > 0 && <span class="card-row card-quiet">{t.moreCategories(more)}</span>}
      {recipient.edge === "model" && recipient.requests > 0 && recipient.data.length === 0 && (
        <span class="card-row card-quiet">{t.nothingFound}</span>
      )}
      {warning && (
        <span class="card-row card-warning">
          {t.warnings[warning]}
          {recipient.warnings.length > 1 && ` +${number(recipient.warnings.length - 1)}`}
        </span>
      )}
    </button>
  );
}

/** How often a recipient was reached, in the word of its edge. */
export function amountText(recipient: RecipientView, { t }: Speech): string {
  const count = { model: t.requests, memory: t.requests, tool: t.calls, outside: t.connections }[recipient.edge];
  const held = recipient.refused > 0 ? ` · ${t.refusedCount(recipient.refused)}` : "";
  const lost = recipient.lost > 0 ? ` · ${t.lostCount(recipient.lost)}` : "";
  return count(recipient.requests) + held + lost;
}

/** The sign: a small gate. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <path d="M12 2.5 4 5.6v6c0 4.7 3.3 8.2 8 9.9 4.700-1.700 8-5.200 8-9.900v-6z" />
      <path d="M8.300 12.200 11 14.900l4.900-5.300" />
    </svg>
  );
}

function useWidth(frame: { readonly current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(() => Math.max(300, Math.min(1100, document.documentElement.clientWidth - 48)));
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const measure = () => setWidth(Math.max(260, Math.floor(element.clientWidth)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return width;
}
