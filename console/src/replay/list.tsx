/** Conversations, the one that was last active first; and the exchanges of one. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { conversation, conversations } from "../client";
import { Foreign } from "../code";
import { useSpeech } from "../lang";
import { useLoaded } from "../load";
import { Waiting } from "../notice";
import { linkTo } from "../route";
import type { ConversationRow, ExchangeRow } from "../schema";

export function ConversationsScreen({ grown }: { readonly grown: number }): JSX.Element {
  const { t } = useSpeech();
  const loaded = useLoaded((signal) => conversations(null, signal), [grown]);
  const [older, setOlder] = useState<readonly ConversationRow[]>([]);
  const [next, setNext] = useState<number | null | undefined>(undefined);
  const [first, setFirst] = useState<readonly ConversationRow[] | null>(null);
  if (loaded.state === "ready" && loaded.value.conversations !== first) setFirst(loaded.value.conversations);
  const cursor = next === undefined && loaded.state === "ready" ? loaded.value.next : next;
  const more = async (before: number) => {
    const page = await conversations(before);
    setOlder([...older, ...page.conversations]);
    setNext(page.next);
  };
  const newest = first ?? [];
  const rows = [...newest, ...older.filter((row) => newest.every((one) => one.id !== row.id))];
  return (
    <>
      <div class="headline">
        <h1>{t.conversations}</h1>
        <p class="quiet">{t.listIntro}</p>
      </div>
      {first === null && <Waiting loaded={loaded} />}
      {first !== null && rows.length === 0 && <p class="empty">{t.listEmpty}</p>}
      <ol class="rows">
        {rows.map((row) => (
          <li key={row.id}>
            <ConversationLine row={row} />
          </li>
        ))}
      </ol>
      {cursor !== null && cursor !== undefined && (
        <button type="button" class="button" onClick={() => void more(cursor)}>
          {t.more}
        </button>
      )}
    </>
  );
}

function ConversationLine({ row }: { readonly row: ConversationRow }): JSX.Element {
  const { t, time } = useSpeech();
  return (
    <a class="row" href={linkTo({ screen: "conversation", id: row.id })}>
      <span class="row-main">
        <strong>{row.providers.join(", ") || t.conversation}</strong>
        <span class="quiet">
          {t.exchanges(row.exchanges)}
          {row.tools > 0 && ` · ${t.toolCalls(row.tools)}`}
        </span>
      </span>
      <span class="chips">
        {row.masked > 0 && <span class="chip chip-masked">{t.masked(row.masked)}</span>}
        {row.clear > 0 && <span class="chip chip-clear">! {t.clear(row.clear)}</span>}
        {row.opaque > 0 && <span class="chip">{t.opaque(row.opaque)}</span>}
        {row.failed > 0 && <span class="chip">{t.failedCount(row.failed)}</span>}
        {row.erased && <span class="chip">{t.erasedShort}</span>}
      </span>
      <span class="row-side quiet">
        <time dateTime={row.last}>{time(row.last)}</time>
        <span class="mono small">{row.id.slice(0, 8)}</span>
      </span>
    </a>
  );
}

export function ConversationScreen({ id, grown }: { readonly id: string; readonly grown: number }): JSX.Element {
  const { t } = useSpeech();
  const [pages, setPages] = useState<readonly number[]>([0]);
  return (
    <>
      <p class="crumbs">
        <a href={linkTo({ screen: "conversations" })}>← {t.conversations}</a>
      </p>
      <div class="headline">
        <h1>{t.conversation}</h1>
        <p class="quiet mono small">{id}</p>
      </div>
      <ol class="rows">
        {pages.map((from, i) => (
          <ExchangePage
            key={from}
            id={id}
            from={from}
            grown={i === pages.length - 1 ? grown : 0}
            last={i === pages.length - 1}
            more={(next) => setPages([...pages, next])}
          />
        ))}
      </ol>
    </>
  );
}

function ExchangePage(props: {
  readonly id: string;
  readonly from: number;
  readonly grown: number;
  readonly last: boolean;
  readonly more: (next: number) => void;
}): JSX.Element {
  const { t } = useSpeech();
  const loaded = useLoaded((signal) => conversation(props.id, props.from, signal), [props.id, props.from, props.grown]);
  const [rows, setRows] = useState<readonly ExchangeRow[] | null>(null);
  if (loaded.state === "ready" && loaded.value.exchanges !== rows) setRows(loaded.value.exchanges);
  const next = loaded.state === "ready" ? loaded.value.next : null;
  return (
    <>
      {(rows === null || loaded.state === "failed") && (
        <li>
          <Waiting loaded={loaded} />
        </li>
      )}
      {(rows ?? []).map((row) => (
        <li key={row.id}>
          <ExchangeLine row={row} />
        </li>
      ))}
      {props.last && next !== null && (
        <li>
          <button type="button" class="button" onClick={() => props.more(next)}>
            {t.more}
          </button>
        </li>
      )}
    </>
  );
}

function ExchangeLine({ row }: { readonly row: ExchangeRow }): JSX.Element {
  const { t, time } = useSpeech();
  const bad = (row.status ?? 200) >= 400 || row.code !== null;
  return (
    <a class="row" href={linkTo({ screen: "exchange", id: row.id })}>
      <span class="row-main">
        <strong>{row.provider ?? t.exchange}</strong>
        <span class="quiet">
          <Foreign text={row.model ?? ""} />
        </span>
        {row.tools.length > 0 && (
          <span class="quiet">
            → <Foreign text={row.tools.join(", ")} />
          </span>
        )}
      </span>
      <span class="chips">
        {row.masked > 0 && <span class="chip chip-masked">{t.masked(row.masked)}</span>}
        {row.clear > 0 && <span class="chip chip-clear">! {t.clear(row.clear)}</span>}
        {row.opaque > 0 && <span class="chip">{t.opaque(row.opaque)}</span>}
        {bad && <span class="chip chip-clear">{row.code ?? row.status}</span>}
      </span>
      <span class="row-side quiet">
        <time dateTime={row.t}>{time(row.t)}</time>
        <span class="mono small">{row.id.slice(-8)}</span>
      </span>
    </a>
  );
}
