/** What surrounds every page: where one is, how current it is, who one is. */
import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { GlyphIcon, type Glyph } from "../ui/icons";
import { Failed, Loading } from "../ui/tile";
import { useConnection, useKnown } from "../live/store";
import { Banners } from "./banners";
import { LinkStatus } from "./link-status";
import { Login } from "./login";
import mark from "./mark.svg";
import { Menu } from "./menu";

const PAGES: readonly { to: string; name: string; glyph: Glyph }[] = [
  { to: "/", name: "Executive", glyph: "executive" },
  { to: "/ui/operations", name: "Operations", glyph: "operations" },
  { to: "/ui/engineering", name: "Engineering", glyph: "engineering" },
  { to: "/ui/customers", name: "Customers", glyph: "customers" },
  { to: "/ui/reports", name: "Reports", glyph: "reports" },
];

export function Shell({ children }: { children: ReactNode }) {
  const { link, snapshot } = useKnown();
  if (link.kind === "denied") return <Login />;
  // what may be over is shown without its colours
  const isOld = link.kind === "lost" || snapshot?.collector.ready === false;
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="top">
        <div className="top-in">
          <NavLink to="/" className="brand" aria-label="Bellwether, executive page">
            <img src={mark} alt="" width="24" height="24" />
            <span aria-hidden="true">Bellwether</span>
          </NavLink>
          <nav aria-label="Pages">
            {PAGES.map(({ to, name, glyph }) => (
              <NavLink key={to} to={to} end={to === "/"}>
                <GlyphIcon name={glyph} />
                <span>{name}</span>
              </NavLink>
            ))}
          </nav>
          <LinkStatus />
          <Menu />
        </div>
      </header>
      <main id="main" tabIndex={-1} className={isOld ? "old" : ""}>
        <Banners />
        {snapshot ? children : <Beginning />}
      </main>
    </>
  );
}

/** Before anything is known. */
function Beginning() {
  const { link } = useKnown();
  const connection = useConnection();
  if (link.kind !== "lost") return <Loading lines={10} />;
  return (
    <section className="tile" aria-label="No answer">
      <Failed error={new Error(`${link.why} It is asked again every two seconds.`)} again={() => connection.again()} />
    </section>
  );
}
