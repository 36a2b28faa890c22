/** Short names of the shapes that docs/openapi.json describes. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Snapshot = Schemas["Snapshot"];
export type Component = Schemas["Component"];
export type ComponentState = Schemas["ComponentState"];
export type Criticality = Schemas["Criticality"];
export type Severity = Schemas["Severity"];
export type Incident = Schemas["Incident"];
export type IncidentStatus = Schemas["IncidentStatus"];
export type Impact = Schemas["Impact"];
export type Amount = Schemas["Amount"];
export type Service = Schemas["Service"];
export type Instance = Schemas["Instance"];
export type Destination = Schemas["Destination"];
export type Stream = Schemas["Stream"];
export type StreamState = Schemas["StreamState"];
export type Escalation = Schemas["Escalation"];
export type EscalationStep = Schemas["EscalationStep"];
export type Silence = Schemas["Silence"];
export type Decision = Schemas["Decision"];
export type Notification = Schemas["Notification"];
export type Transition = Schemas["Transition"];
export type Catalog = Schemas["Catalog"];
export type CatalogCustomer = Schemas["CatalogCustomer"];
export type UptimeOf = Schemas["UptimeOf"];
export type Rule = Schemas["Rule"];
export type Alert = Schemas["Alert"];
export type Report = Schemas["Report"];
export type Took = Schemas["Took"];
export type Session = Schemas["Session"];
export type Role = Schemas["Role"];
export type Verdict = Schemas["Verdict"];
export type LiveMessage = Schemas["LiveMessage"];
export type Problem = Schemas["Problem"];
