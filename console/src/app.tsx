/** The frame around the screens. */

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Approvals } from "./approvals";
import { Sentence } from "./code";
import { FlowScreen } from "./flow/screen";
import { Mark } from "./flow/map";
import { LangProvider, speech, useSpeech } from "./lang";
import { useLive, type Live } from "./live";
import { ConversationScreen, ConversationsScreen } from "./replay/list";
import { ExchangeScreen } from "./replay/exchange";
import { linkTo, routeOf, type Route } from "./route";
import { firstLang, keepLang, setToken, token, tokenIn, type Lang } from "./session";

export function App(): JSX.Element {
  const [lang, setLang] = useState<Lang>(firstLang);
  const [session, setSession] = useState(0);
  useLayoutEffect(() => {
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    document.title = speech(lang).t.title;
  }, [lang]);
  const switchLang = () => {
    const next = lang === "en" ? "zh" : "en";
    keepLang(next);
    setLang(next);
  };
  return (
    <LangProvider value={lang}>
      <Frame session={session} switchLang={switchLang} renew={() => setSession(session + 1)} />
    </LangProvider>
  );
}

interface FrameProps {
  readonly session: number;
  readonly switchLang: () => void;
  readonly renew: () => void;
}

function Frame({ session, switchLang, renew }: FrameProps): JSX.Element {
  const { t } = useSpeech();
  const live = useLive(session);
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  // While another token is tried the form stays: what is typed meanwhile must not be lost.
  const retrying = live.connection === "trying" && session > 0 && live.update === null;
  const locked = live.connection === "refused" || retrying || token() === "";
  const tab = route.screen === "flow" ? "flow" : "conversations";
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t.skip}
      </a>
      <header class="top">
        <a class="brand" href={linkTo({ screen: "flow" })}>
          <Mark /> <strong>Ombud</strong> <span>安伴</span>
        </a>
        <nav aria-label={t.title}>
          <a href={linkTo({ screen: "flow" })} aria-current={tab === "flow" ? "page" : undefined}>
            {t.flowMap}
          </a>
          <a href={linkTo({ screen: "conversations" })} aria-current={tab === "conversations" ? "page" : undefined}>
            {t.conversations}
          </a>
        </nav>
        <span class="top-end">
          {!locked && <Connection live={live} />}
          <button type="button" class="button" onClick={switchLang} aria-label={t.languageLabel}>
            {t.language}
          </button>
        </span>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {locked ? (
          <TokenForm tried={live.connection === "refused" && token() !== ""} renew={renew} />
        ) : (
          <>
            <Approvals grown={live.update?.flow.read ?? 0} />
            <Screen route={route} live={live} />
          </>
        )}
      </main>
    </>
  );
}

function Screen({ route, live }: { readonly route: Route; readonly live: Live }): JSX.Element {
  const grown = live.update?.flow.read ?? 0;
  switch (route.screen) {
    case "flow":
      return <FlowScreen update={live.update} />;
    case "conversations":
      return <ConversationsScreen grown={grown} />;
    case "conversation":
      return <ConversationScreen key={route.id} id={route.id} grown={grown} />;
    case "exchange":
      return <ExchangeScreen key={route.id} id={route.id} />;
  }
}

function Connection({ live }: { readonly live: Live }): JSX.Element {
  const { t } = useSpeech();
  const broken = live.connection === "broken" || live.connection === "refused";
  const text = broken ? t.reconnecting : live.update && !live.update.flow.live ? t.logOnly : t.live;
  return (
    <span class={broken ? "connection connection-broken" : "connection"} role="status">
      {text}
    </span>
  );
}

function TokenForm({ tried, renew }: { readonly tried: boolean; readonly renew: () => void }): JSX.Element {
  const { t } = useSpeech();
  const [text, setText] = useState("");
  const [shape, setShape] = useState(true);
  const submit = (event: Event) => {
    event.preventDefault();
    const found = tokenIn(text);
    setShape(found !== "");
    if (found === "") return;
    setToken(found);
    setText("");
    renew();
  };
  const problem = !shape ? t.tokenShape : tried ? t.tokenWrong : null;
  return (
    <section class="panel token-form">
      <h1>{t.tokenTitle}</h1>
      <p>
        <Sentence text={t.tokenText} />
      </p>
      <form onSubmit={submit}>
        <label for="token">{t.tokenLabel}</label>
        <span class="token-row">
          <input
            id="token"
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit" class="button button-main">
            {t.tokenOpen}
          </button>
        </span>
        {problem !== null && (
          <p class="notice notice-bad" role="alert">
            <Sentence text={problem} />
          </p>
        )}
      </form>
    </section>
  );
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useLayoutEffect(() => {
    const change = () => {
      setRoute(routeOf(location.hash));
      window.scrollTo(0, 0);
    };
    window.addEventListener("hashchange", change);
    return () => window.removeEventListener("hashchange", change);
  }, []);
  return route;
}
