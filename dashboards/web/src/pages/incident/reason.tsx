/** Asks why somebody does something. */
import { Field } from "../../ui/act";

export function Reason() {
  return <Field label="Why">{(id) => <input id={id} name="reason" required maxLength={1_000} />}</Field>;
}
