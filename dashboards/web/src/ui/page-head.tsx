/** The head of a page. Whoever comes to it by keyboard or screen reader begins here. */
import { useEffect, useRef, type ReactNode } from "react";
import { Link } from "react-router";
import { GlyphIcon } from "./icons";

export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Bellwether`;
  }, [title]);
  useEffect(() => {
    // not on the first load: the browser begins at the top by itself
    if (history.state && (history.state as { idx?: number }).idx) head.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className="page-head">
      <h1 ref={head} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}

/** The page that this one is one of many of, and which of them. */
export function Crumbs({ to, name, children }: { to: string; name: string; children: ReactNode }) {
  return (
    <nav className="crumbs" aria-label="Where this is">
      <Link to={to}>{name}</Link>
      <GlyphIcon name="chevron" size={12} />
      {children}
    </nav>
  );
}
