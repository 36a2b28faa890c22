/** Shapes. Each state has one of its own, so that none depends on colour. */
import type { ReactNode } from "react";
import type { ComponentState } from "../api/types";

interface Props {
  children: ReactNode;
  size?: number;
}

function Icon({ children, size = 16 }: Props) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

const SHAPES: Record<ComponentState, ReactNode> = {
  // a tick in a circle
  operational: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="M5.2 8.200l2 2 3.600-4.200" />
    </>
  ),
  // two bars
  under_maintenance: (
    <>
      <rect x="1.800" y="1.800" width="12.400" height="12.400" rx="3" />
      <path d="M6.300 5.500v5M9.700 5.500v5" />
    </>
  ),
  // an open circle with a question
  unknown: (
    <>
      <circle cx="8" cy="8" r="6.200" strokeDasharray="2.400 2.400" />
      <path d="M6.400 6.300a1.700 1.700 0 1 1 2.300 1.700c-.5.200-.7.500-.7 1M8 11.300v.050" />
    </>
  ),
  // a triangle
  degraded_performance: (
    <>
      <path d="M8 2.200l6.200 11.200H1.800z" />
      <path d="M8 6.600v3M8 11.500v.050" />
    </>
  ),
  // a diamond, half full
  partial_outage: (
    <>
      <path d="M8 1.500L14.500 8 8 14.500 1.500 8z" />
      <path d="M8 1.500V14.500L1.500 8z" fill="currentColor" />
    </>
  ),
  // a full octagon, crossed out
  major_outage: (
    <>
      <path d="M5.300 1.500h5.400l3.800 3.800v5.400l-3.800 3.800H5.300L1.500 10.700V5.300z" fill="currentColor" />
      <path d="M5.800 5.800l4.400 4.400M10.200 5.800l-4.400 4.400" stroke="var(--surface)" />
    </>
  ),
};

export function StateIcon({ state, size = 16 }: { state: ComponentState; size?: number }) {
  return <Icon size={size}>{SHAPES[state]}</Icon>;
}

const PATHS = {
  executive: "M2 13.500h12M3.500 11V8M7 11V4.500M10.500 11V6.500M13.500 11V2.500",
  operations: "M1.500 8h3l2-5 3 10 2-5h3",
  engineering: "M5.500 4.500L2 8l3.500 3.500M10.500 4.500L14 8l-3.500 3.500M9 3l-2 10",
  customers: "M5.800 7.500a2.600 2.600 0 1 0 0-5.200 2.600 2.600 0 0 0 0 5.200zM1.500 13.500c.3-2.500 2-4 4.300-4s4 1.500 4.300 4M10.500 2.600a2.600 2.600 0 0 1 0 4.600M12 9.800c1.400.5 2.300 1.800 2.500 3.700",
  reports: "M3.500 1.800h6l3 3v9.400h-9zM9.300 2v3h3M5.800 8h4.400M5.800 10.800h4.400",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.300M8 13.700V15M1 8h1.300M13.700 8H15M3.050 3.050l.9.9M12.050 12.050l.9.9M3.050 12.950l.9-.9M12.050 3.950l.9-.9",
  moon: "M13.500 9.600A5.800 5.800 0 0 1 6.400 2.500a5.800 5.800 0 1 0 7.100 7.100z",
  auto: "M8 1.800a6.200 6.200 0 1 0 0 12.400zM8 1.800a6.200 6.200 0 0 1 0 12.400",
  warning: "M8 2.200l6.200 11.200H1.800zM8 6.600v3M8 11.500v.050",
  eyeOff: "M2 2l12 12M6.500 6.700a2 2 0 0 0 2.800 2.800M4.200 4.500C2.900 5.400 2 6.700 1.500 8c1 2.500 3.400 4.300 6.500 4.300 1 0 2-.2 2.900-.6M7 3.800c.3 0 .7-.1 1-.1 3.100 0 5.500 1.800 6.500 4.300-.3.800-.8 1.600-1.400 2.200",
  chevron: "M6 3.500L10.500 8 6 12.500",
  clock: "M8 1.800a6.200 6.200 0 1 0 0 12.400A6.200 6.200 0 0 0 8 1.800zM8 4.800V8l2.200 1.500",
  bolt: "M8.800 1.500L3.500 9h4l-.5 5.500L12.500 7h-4z",
  check: "M3 8.500l3.200 3.200L13 4.800",
  mute: "M3 6v4h2.500L9 13V3L5.500 6zM11.500 6l3 4M14.500 6l-3 4",
  note: "M2.500 2.500h11v8h-6l-3 3v-3h-2z",
  up: "M8 13V3M3.800 7.200L8 3l4.200 4.200",
  flag: "M3.500 14.500V2M3.500 2.500h8.500l-2 3 2 3H3.500",
  out: "M6.500 2.500h-4v11h11v-4M9 2.500h4.500V7M13.500 2.500L7.500 8.500",
  person: "M8 7.500a2.800 2.800 0 1 0 0-5.600 2.800 2.800 0 0 0 0 5.600zM2.500 14c.4-2.800 2.600-4.300 5.500-4.300s5.100 1.500 5.500 4.300",
} as const;

export type Glyph = keyof typeof PATHS;

export function GlyphIcon({ name, size = 16 }: { name: Glyph; size?: number }) {
  return (
    <Icon size={size}>
      <path d={PATHS[name]} />
    </Icon>
  );
}
