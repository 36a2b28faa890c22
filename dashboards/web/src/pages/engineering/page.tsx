/** What whoever mends it looks into. */
import { useSnapshot } from "../../live/store";
import { PageHead } from "../../ui/page-head";
import { CollectorTile } from "./collector";
import { DestinationsTile } from "./destinations";
import { RulesTile } from "./rules";
import { ServicesTile } from "./services";

export default function Engineering() {
  const snapshot = useSnapshot();
  return (
    <>
      <PageHead title="Engineering" />
      <div className="columns above">
        <div>
          <ServicesTile services={snapshot.services} />
          <DestinationsTile destinations={snapshot.destinations} />
        </div>
        <div>
          <CollectorTile snapshot={snapshot} />
        </div>
      </div>
      <RulesTile />
    </>
  );
}
