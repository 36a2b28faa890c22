/** Something that people do: a button, and a form that asks what has to be known for it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type ReactNode, type SyntheticEvent } from "react";
import { post } from "../api/client";
import { isNameless, useMay, useSession } from "../api/session";
import { keep, kept } from "../lib/keep";
import { Dialog } from "./dialog";
import { GlyphIcon, type Glyph } from "./icons";

const NAME = "bellwether.name";

interface Props {
  label: string;
  glyph: Glyph;
  /** Where it is sent, and what is sent with the name of who does it. */
  path: string;
  body?: (fields: FormData) => object;
  /** What is asked for. */
  children?: ReactNode;
  /** What will follow. */
  hint?: string;
  kind?: "primary" | "danger";
  small?: boolean;
}

export function Act({ label, glyph, kind, hint, small, ...form }: Props) {
  const [isOpen, setOpen] = useState(false);
  const may = useMay("operator");
  const close = () => setOpen(false);
  const look = `button ${kind ?? ""} ${small ? "small" : ""}`;
  return (
    <>
      <button
        type="button"
        className={look}
        disabled={!may}
        title={may ? hint : "This takes the role of an operator."}
        onClick={() => setOpen(true)}
      >
        <GlyphIcon name={glyph} />
        {label}
      </button>
      {isOpen && (
        <Dialog title={label} onClose={close}>
          {hint && <p className="soft">{hint}</p>}
          <Form label={label} kind={kind ?? "primary"} close={close} {...form} />
        </Dialog>
      )}
    </>
  );
}

type FormProps = Pick<Props, "label" | "path" | "body" | "children"> & { kind: string; close: () => void };

function Form({ label, path, body, children, kind, close }: FormProps) {
  const client = useQueryClient();
  const nameless = isNameless(useSession());
  const act = useMutation({
    mutationFn: (sent: object) => post(path, sent),
    onSuccess: async () => {
      close();
      await client.invalidateQueries();
    },
  });

  function submit(event: SyntheticEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const by = nameless ? text(fields, "by") : undefined;
    if (by) keep(NAME, by);
    act.mutate({ ...(by ? { by } : {}), ...body?.(fields) });
  }

  return (
    <form onSubmit={submit} className="form">
      {children}
      {nameless && (
        <Field label="Your name">
          {(id) => <input id={id} name="by" required maxLength={200} defaultValue={kept(NAME) ?? ""} />}
        </Field>
      )}
      {act.error && (
        <p className="problem" role="alert">
          {act.error.message}
        </p>
      )}
      <div className="form-end">
        <button type="button" className="button" onClick={close}>
          Cancel
        </button>
        <button className={`button ${kind}`} disabled={act.isPending}>
          {label}
        </button>
      </div>
    </form>
  );
}

/** A field with its label. */
export function Field({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}

/** Reads a field of a form; empty ones are absent. */
export function text(fields: FormData, name: string): string | undefined {
  const value = fields.get(name);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/** Asks for how long. */
export function Duration({ name = "for", usual, none }: { name?: string; usual: string; none?: string }) {
  const choices = ["15m", "30m", "1h", "2h", "4h", "8h", "24h"];
  return (
    <Field label="For how long">
      {(id) => (
        <select id={id} name={name} defaultValue={usual}>
          {none !== undefined && <option value="">{none}</option>}
          {choices.map((it) => (
            <option key={it} value={it}>
              {it.replace("m", " minutes").replace("h", it === "1h" ? " hour" : " hours")}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
