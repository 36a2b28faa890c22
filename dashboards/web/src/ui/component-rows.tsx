/** Components, each in a line: its name, since when it is so, its state. */
import type { Component } from "../api/types";
import { Ago } from "./age";
import { StateBadge } from "./badge";

export function ComponentRows({ components }: { components: readonly Component[] }) {
  return (
    <ul className="rows tight">
      {components.map((it) => (
        <li key={it.id} className="row">
          <span className="row-main">{it.name}</span>
          <span className="soft since">{it.since && <Ago at={it.since} />}</span>
          <StateBadge state={it.effective} />
        </li>
      ))}
    </ul>
  );
}
