/** The look of the page, and who looks. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { signOut } from "../api/client";
import { isNameless, useSession } from "../api/session";
import { useConnection } from "../live/store";
import { GlyphIcon } from "../ui/icons";
import { setTheme, useTheme, type Theme } from "./theme";

const THEMES: readonly { theme: Theme; name: string; glyph: "auto" | "sun" | "moon" }[] = [
  { theme: "auto", name: "As the system", glyph: "auto" },
  { theme: "light", name: "Light", glyph: "sun" },
  { theme: "dark", name: "Dark", glyph: "moon" },
];

export function Menu() {
  const session = useSession();
  const connection = useConnection();
  const client = useQueryClient();
  const theme = useTheme();
  const at = THEMES.findIndex((it) => it.theme === theme);
  const shown = THEMES[at] ?? THEMES[0];
  const next = THEMES[(at + 1) % THEMES.length];

  const leave = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      // who signed in by an identity provider signs out there, too
      if (session?.sign_out_at) {
        location.assign(session.sign_out_at);
        return;
      }
      connection.again();
      // what is on the page is asked for anew: some may look without a token
      await client.resetQueries();
    },
  });

  return (
    <div className="menu">
      {session && !isNameless(session) && (
        <>
          <span className="who" title={`Role: ${session.role}`}>
            <GlyphIcon name="person" />
            {session.name}
          </span>
          <button type="button" className="button small" disabled={leave.isPending} onClick={() => leave.mutate()}>
            Sign out
          </button>
          {leave.error && (
            <span className="problem" role="alert">
              {leave.error.message}
            </span>
          )}
        </>
      )}
      {shown && next && (
        <button
          type="button"
          className="button icon-only"
          aria-label={`Colours: ${shown.name}. Change to: ${next.name}`}
          title={`Colours: ${shown.name}`}
          onClick={() => setTheme(next.theme)}
        >
          <GlyphIcon name={shown.glyph} />
        </button>
      )}
    </div>
  );
}
