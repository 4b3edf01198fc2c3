import { useEffect, useRef, useState, type ReactNode } from 'react';

interface WhenInSightProps {
  /** Kept free until its content is there, in pixels. */
  readonly height: number;
  readonly children: ReactNode;
}

/** Something that is only made when it is scrolled near to, and let go of when it is far away. */
export function WhenInSight({ height, children }: WhenInSightProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        setNear(entries.at(-1)?.isIntersecting ?? false);
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
