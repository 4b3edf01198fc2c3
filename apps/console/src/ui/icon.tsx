import type { ReactNode } from 'react';

/** Outlines on a grid of 16, drawn with the colour of the text around them. */
const PATHS = {
  overview: 'M2.5 8.5h3l1.5-5 2.5 9 1.7-4h2.3',
  play: 'M5 3.5v9l7.5-4.5z',
  corpus: 'M3.5 2.5h6l3 3v8h-9zM9 2.5v3.5h3.5M5.5 8.5h5M5.5 11h3.5',
  runs: 'M2.5 2.5v11h11M5 10.5c2 0 2-5 4-5s2 2.5 4 2.5',
  experiment: 'M6 2.5h4M7 2.5v4l-3.5 6.2a.6.6 0 0 0 .5.8h8a.6.6 0 0 0 .5-.8L9 6.5v-4M5.2 10h5.6',
  release: 'M8 13.5v-7M4.5 9 8 5.5 11.5 9M3 2.5h10',
  versions: 'M8 2.5 13.5 5 8 7.5 2.5 5zM2.5 8 8 10.5 13.5 8M2.5 11 8 13.5 13.5 11',
  settings: 'M2.5 4.5h6M11.5 4.5h2M10 3v3M2.5 11.5h2M7.5 11.5h6M6 10v3',
  timeline: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 5v3.2l2.2 1.3',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.3 10.3l3.2 3.2',
  close: 'M4 4l8 8M12 4l-8 8',
  menu: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'M3 8.5l3.2 3.2L13 5',
  up: 'M4 9.5 8 5.5l4 4',
  down: 'M4 6.5l4 4 4-4',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  sun: 'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13 9.6A5.5 5.5 0 0 1 6.4 3a5.5 5.5 0 1 0 6.6 6.6z',
  screen: 'M2.5 3.5h11v7h-11zM6 13.5h4M8 10.5v3',
  leave: 'M6 2.5H2.5v11H6M10 5l3 3-3 3M6 8h7',
  reload: 'M13 8a5 5 0 1 1-1.5-3.6M13 2.5v2.4h-2.4',
  download: 'M8 2.5v7M5 7l3 3 3-3M3 13.5h10',
  upload: 'M8 10V3M5 5.5l3-3 3 3M3 13.5h10',
  plus: 'M8 3v10M3 8h10',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  stop: 'M4 4h8v8H4z',
  pin: 'M8 9.5v4M5 2.5h6M6 2.5v4L4 9.5h8l-2-3v-4',
  undo: 'M5.5 3 2.5 6l3 3M2.5 6h7a3.5 3.5 0 0 1 0 7H6',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  key: 'M5.5 7.5a3 3 0 1 1 0 .1M8.5 7.5h5v3M11 7.5V10',
  dice: 'M3 3h10v10H3zM5.8 5.8h.01M10.2 10.2h.01M8 8h.01',
} as const;

/** Name of a drawing. */
export type IconName = keyof typeof PATHS;

/** A small drawing; what it means is said by what it stands in. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactNode {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'more' ? 2.2 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
