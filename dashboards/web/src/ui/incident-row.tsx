/** One open incident among others: how bad it is, what it is, for how long; what else is said of it is the page's. */
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Incident } from "../api/types";
import { STATES } from "../lib/words";
import { For } from "./age";
import { SeverityBadge, StatusBadge } from "./badge";
import { StateIcon } from "./icons";

interface Props {
  incident: Incident;
  title: string;
  /** What follows for how long it has been so. */
  facts: ReactNode;
  /** What stands below. */
  children?: ReactNode;
  /** What can be done about it. */
  acts?: ReactNode;
}

export function IncidentRow({ incident: it, title, facts, children, acts }: Props) {
  return (
    <li className={acts ? "row incident-row" : "row"}>
      <span className={`row-icon tone-${STATES[it.worst].tone}`}>
        <StateIcon state={it.worst} size={20} />
      </span>
      <div className="row-main">
        <Link className="row-title" to={`/ui/incidents/${encodeURIComponent(it.id)}`}>
          {title}
        </Link>
        <span className="facts">
          <SeverityBadge severity={it.severity} />
          <StatusBadge status={it.status} />
          <span>
            for <For since={it.fault_at} />
          </span>
          {facts}
        </span>
        {children}
      </div>
      {acts}
    </li>
  );
}
