/** The frame around the pages: who is signed in, where one can go, whether readings arrive. */

import { lazy, type MouseEvent, Suspense, useEffect, useRef } from "react";
import { useDevices } from "./api/queries";
import { useLive } from "./home/live";
import { useTexts } from "./i18n/language";
import { Now } from "./pages/now/now";
import { SignIn } from "./pages/sign-in/sign-in";
import { LinkState } from "./parts/link-state";
import { Menu } from "./parts/menu";
import { Navigation } from "./parts/navigation";
import { NewVersion } from "./parts/new-version";
import { link, type Page, useRoute } from "./route";
import { SessionProvider } from "./session";
import { texts } from "./texts";

const Energy = lazy(() => import("./pages/energy/energy"));
const Capacity = lazy(() => import("./pages/capacity/capacity"));
const Health = lazy(() => import("./pages/health/health"));

export function App() {
  return (
    <>
      <SessionProvider door={(door) => <SignIn {...door} />}>
        <Home />
      </SessionProvider>
      <NewVersion />
    </>
  );
}

function Home() {
  const t = useTexts(texts);
  const { page, rest } = useRoute();
  const live = useLive();
  const devices = useDevices();
  const main = usePageChanges(page, t.pages[page]);
  const skip = (event: MouseEvent) => {
    event.preventDefault(); // the hash is taken: it is the page's address
    main.current?.focus();
  };
  const hasMeter = devices.data?.devices.some((device) => device.kind === "p1") ?? false;
  return (
    <div className="app">
      <a className="skip" href={link(page, ...rest)} onClick={skip}>
        {t.skip}
      </a>
      <header className="bar">
        <span className="brand">
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width="28" height="28" />
          Sungaze
        </span>
        <Navigation page={page} hasMeter={hasMeter} />
        <LinkState live={live} />
        <Menu />
      </header>
      <main ref={main} tabIndex={-1} aria-label={t.pages[page]}>
        <Suspense fallback={<p className="empty">{t.loading}</p>}>
          {page === "now" && <Now live={live} />}
          {page === "energy" && <Energy rest={rest} />}
          {page === "capacity" && <Capacity rest={rest} live={live} />}
          {page === "health" && <Health live={live} />}
        </Suspense>
      </main>
    </div>
  );
}

/** A page begins at its top, where its name is heard, and names the window. */
function usePageChanges(page: Page, name: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(page);
  useEffect(() => {
    document.title = `${name} · Sungaze`;
  }, [name]);
  useEffect(() => {
    if (shown.current === page) return;
    shown.current = page;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [page]);
  return main;
}
