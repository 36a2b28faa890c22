/**
 * Where the collector wants to know who one is: from an identity provider, where one is configured, or by a token,
 * which goes into a cookie that no script can read, and is kept nowhere else.
 */
import { useState, type SyntheticEvent } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "react-router";
import { ApiError, get, signIn } from "../api/client";
import { useConnection } from "../live/store";
import mark from "./mark.svg";

export function Login() {
  const connection = useConnection();
  const client = useQueryClient();
  const { pathname, search } = useLocation();
  // without an answer there is still the token
  const ways = useQuery({ queryKey: ["login"], queryFn: ({ signal }) => get("/api/v1/login", {}, signal) });
  const provider = ways.data?.oidc;
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      await signIn(token.trim());
      setToken("");
      client.clear();
      connection.again();
    } catch (error) {
      const wrong = error instanceof ApiError && error.status === 401;
      setProblem(wrong ? "This is no token of this collector." : (error as Error).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <main id="main" className="login">
      <form className="tile" onSubmit={(event) => void submit(event)} aria-labelledby="login-title">
        <img src={mark} alt="" width="40" height="40" />
        <h1 id="login-title">Bellwether</h1>
        <p className="soft">
          This collector shows what it knows to those who {provider ? "sign in" : "have a token"}.
        </p>
        {provider && (
          <>
            <a className="button primary" href={`${provider.path}?to=${encodeURIComponent(pathname + search)}`}>
              Sign in with {provider.name}
            </a>
            <p className="or soft small">or with a token</p>
          </>
        )}
        <label>
          Token
          <input
            type="password"
            autoComplete="current-password"
            value={token}
            onChange={(event) => setToken(event.target.value)}
            aria-invalid={problem !== undefined}
            aria-describedby="login-problem"
            required
          />
        </label>
        <p id="login-problem" className="problem" role="alert">
          {problem}
        </p>
        <button className={provider ? "button" : "button primary"} disabled={busy}>
          Sign in
        </button>
        <p className="soft small">
          An administrator makes one with <code>bellwether token create --role viewer --name you</code>.
        </p>
      </form>
    </main>
  );
}
