/** The frame around one thing to look at: what it is, how old it is, and how it is while it is not there. */
import { useId, type ReactNode } from "react";
import { LiveFreshness } from "./age";
import { GlyphIcon, type Glyph } from "./icons";

interface Props {
  title: string;
  children: ReactNode;
  /** Says how old its data are; those of the snapshot, unless it is given. */
  freshness?: ReactNode;
  /** What the number means, for whoever asks. */
  definition?: ReactNode;
  actions?: ReactNode;
  className?: string;
}

export function Tile({ title, children, freshness, definition, actions, className = "" }: Props) {
  const id = useId();
  return (
    <section className={`tile ${className}`} aria-labelledby={id}>
      <header className="tile-head">
        <h2 id={id}>{title}</h2>
        {actions}
        {freshness === undefined ? <LiveFreshness /> : freshness}
      </header>
      {children}
      {definition && (
        <details className="definition">
          <summary>What this means</summary>
          <p>{definition}</p>
        </details>
      )}
    </section>
  );
}

/** Says that there is nothing, and whether that is good. */
export function Empty({ glyph = "check", children }: { glyph?: Glyph; children: ReactNode }) {
  return (
    <p className="empty">
      <GlyphIcon name={glyph} size={18} />
      <span>{children}</span>
    </p>
  );
}

/** Holds the place of lines that are on their way. */
export function Loading({ lines = 3 }: { lines?: number }) {
  return (
    <div className="loading" role="status">
      <span className="hidden">Loading</span>
      {Array.from({ length: lines }, (_, at) => (
        <span key={at} className="line" aria-hidden="true" />
      ))}
    </div>
  );
}

/** Says that something could not be had, and offers to try again. */
export function Failed({ error, again }: { error: Error; again?: () => unknown }) {
  return (
    <div className="failed" role="alert">
      <GlyphIcon name="warning" size={18} />
      <span>{error.message}</span>
      {again && (
        <button type="button" className="button small" onClick={() => void again()}>
          Try again
        </button>
      )}
    </div>
  );
}
