/** A table, which scrolls by itself where the screen is narrower. */
import type { ReactNode } from "react";

interface Column {
  name: string;
  /** What it asks, for whoever hovers. */
  title?: string;
  /** Numbers end where those above and below end. */
  end?: boolean;
}

interface Props {
  label: string;
  columns: readonly (string | Column)[];
  /** The rows. */
  children: ReactNode;
}

export function Table({ label, columns, children }: Props) {
  return (
    <div className="wide" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((it) => {
              const { name, title, end } = typeof it === "string" ? { name: it } : it;
              return (
                <th key={name} scope="col" title={title} className={end ? "end" : undefined}>
                  {name}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
