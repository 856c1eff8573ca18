/** Shapes that say what something is, so that it reads without colour. */

const paths = {
  home: "M2.5 7.5 8 3l5.5 4.5M4 7v6h8V7",
  requests: "M2.5 5.5h9m-2.5-2.5 2.5 2.5-2.5 2.5M13.5 10.5h-9m2.5-2.5-2.5 2.5 2.5 2.5",
  calls: "M5.2 2.8 3.4 3.6c-.8 4 4.6 9.6 8.9 9l.9-1.9-2.5-1.7-1.3 1.2c-1.6-.7-2.9-2-3.5-3.6l1.1-1.2z",
  webhooks: "M8 5.5a2 2 0 1 0-1.5-.7L4.3 9M4 9.5a2 2 0 1 0 2 2.3h4.5M12 9.5a2 2 0 1 1-1.5 2.3M9.5 5l2 4",
  rows: "M2.5 4h11M2.5 8h11M2.5 12h11",
  faults: "M9 2 4 9h4l-1 5 5-7H8z",
  api: "M5.5 4.5 2.5 8l3 3.5M10.5 4.5l3 3.5-3 3.5",
  close: "m4 4 8 8m0-8-8 8",
  copy: "M5.5 5.5h7v7h-7zM3.5 10.5v-7h7",
  check: "m3.5 8.5 3 3 6-7",
  cross: "m4.5 4.5 7 7m0-7-7 7",
  tool: "m8 3 5 5-5 5-5-5z",
  hook: "M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  wait: "M8 4v4l2.5 1.5M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z",
  more: "m6 4 4 4-4 4",
  replay: "M12.5 8a4.5 4.5 0 1 1-1.3-3.2L13 6.5m0-3.5v3.5H9.5",
  plus: "M8 3v10M3 8h10"
} as const

/** The name of a shape. */
export type IconName = keyof typeof paths

export const Icon = ({ name, label }: { readonly name: IconName; readonly label?: string }) => (
  <svg
    class={`icon icon-${name}`}
    viewBox="0 0 16 16"
    role={label ? "img" : undefined}
    aria-label={label}
    aria-hidden={!label}
  >
    <path d={paths[name]} />
  </svg>
)
