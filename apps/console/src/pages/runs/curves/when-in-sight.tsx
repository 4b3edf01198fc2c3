import { startTransition, useEffect, useRef, useState, type ReactNode } from 'react';

interface WhenInSightProps {
  /** Kept free until its content is there, in pixels. */
  readonly height: number;
  readonly children: ReactNode;
}

/** Something that is only made once it is scrolled near to. */
export function WhenInSight({ height, children }: WhenInSightProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.at(-1)?.isIntersecting !== true) return;
        observer.disconnect();
        // In between what else there is to do: nobody sees it yet.
        startTransition(() => setNear(true));
      },
      { rootMargin: '240px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={frame} style={{ minHeight: height, minWidth: 0 }}>
      {isNear && children}
    </div>
  );
}
