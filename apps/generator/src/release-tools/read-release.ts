import type { Registry } from '#registry';
import type { Release, ReleaseEvent, StoredObservation } from '#registry/releases';

const PAGE = 1_000;
const EVENT_PAGE = 100;

/** The observations of a release in the order in which they were added to its statistics. */
export async function* readObservations(registry: Registry, release: Release): AsyncGenerator<StoredObservation> {
  let position = 0;
  for (;;) {
    const page = await registry.releases.listObservations(release, position, PAGE);
    yield* page;
    position = page.at(-1)?.position ?? position;
    if (page.length < PAGE) return;
  }
}

/** All events of a release, the oldest first. */
export async function readEvents(registry: Registry, id: string): Promise<ReleaseEvent[]> {
  const events: ReleaseEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.id;
    const page = await registry.releases.listEvents(id, {
      order: 'asc',
      limit: EVENT_PAGE,
      ...(after === undefined ? {} : { after }),
    });
    events.push(...page.items);
    if (!page.hasMore) return events;
  }
}
