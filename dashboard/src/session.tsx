/** Who is signed in. The token lives as long as the tab: in session storage, never in a URL, a cookie or the last data. */

import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { forgetEverything } from "./api/queries";
import { forgetToken, storedToken, storeToken } from "./token";

export interface Session {
  /** Empty for a look at the last data without the server. */
  token: string;
  signOut(): void;
  /** The server does not know the token any more. */
  expire(): void;
}

interface Door {
  session: Session | null;
  expired: boolean;
  signIn(token: string): void;
  lookOffline(): void;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("outside of a session");
  return session;
}

/** Hold the session; `children` are given the door while nobody is signed in. */
export function SessionProvider({ door, children }: { door: (door: Door) => ReactNode; children: ReactNode }) {
  const [token, setToken] = useState(() => storedToken());
  const [expired, setExpired] = useState(false);
  const signIn = useCallback((given: string) => {
    storeToken(given);
    setExpired(false);
    setToken(given);
  }, []);
  const leave = useCallback((wasExpired: boolean) => {
    forgetToken();
    setExpired(wasExpired);
    setToken(null);
  }, []);
  const session = useMemo<Session | null>(
    () =>
      token === null
        ? null
        : {
            token,
            expire: () => leave(true),
            signOut: () => void forgetEverything().then(() => leave(false)),
          },
    [token, leave],
  );
  if (!session) return door({ session, expired, signIn, lookOffline: () => setToken("") });
  return <SessionContext value={session}>{children}</SessionContext>;
}
