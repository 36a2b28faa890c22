/** A tile over something that was asked for: it loads, fails, grows old and is there. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Fetched } from "./age";
import { Failed, Loading, Tile } from "./tile";

interface Props<T> {
  title: string;
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
  definition?: ReactNode;
  actions?: ReactNode;
  className?: string;
  lines?: number;
}

export function QueryTile<T>({ query, children, lines, ...tile }: Props<T>) {
  const { data, error } = query;
  return (
    <Tile {...tile} freshness={data === undefined ? null : <Fetched at={query.dataUpdatedAt} />}>
      {data !== undefined ? (
        <>
          {error && <Failed error={new Error(`${error.message} What is shown was so before.`)} again={query.refetch} />}
          {children(data)}
        </>
      ) : error ? (
        <Failed error={error} again={query.refetch} />
      ) : (
        <Loading {...(lines ? { lines } : {})} />
      )}
    </Tile>
  );
}
