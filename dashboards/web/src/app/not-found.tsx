import { Link } from "react-router";
import { PageHead } from "../ui/page-head";

export function NotFound() {
  return (
    <>
      <PageHead title="There is no such page" />
      <p>
        <Link to="/">Go to the executive page</Link>
      </p>
    </>
  );
}
