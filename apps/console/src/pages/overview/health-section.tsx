import type { ReactNode } from 'react';
import { bytes, count } from '../../format/numbers.js';
import { durationMs } from '../../format/times.js';
import { Badge } from '../../ui/badge.js';
import { Section } from '../../ui/page.js';
import { Ago } from '../../ui/time.js';
import type { Overview } from './overview.js';

const TONES = {
  ready: 'good',
  loading: 'info',
  troubled: 'bad',
  lost: 'bad',
  up: 'good',
  away: 'warn',
  unknown: 'neutral',
} as const;
const MOST_SHOWN = 8;

/** How everything is that serving and training need. */
export function HealthSection({ overview }: { readonly overview: Overview }): ReactNode {
  const { replicas, trainer, database, deployment } = overview;
  const shown = [...replicas]
    .sort((a, b) => Number(a.state === 'ready') - Number(b.state === 'ready'))
    .slice(0, MOST_SHOWN);
  return (
    <Section title="Health">
      <ul className="overview-health">
        {shown.map((replica) => (
          <Line
            key={replica.id}
            name={`Generator ${replica.host}:${replica.port}`}
            state={replica.state}
            detail={
              replica.problem ??
              (replica.version === deployment.incumbent ? (
                'serves the current version'
              ) : (
                <>
                  serves {replica.version ?? 'nothing'}; reported <Ago at={replica.reported_at} />
                </>
              ))
            }
          />
        ))}
        {replicas.length > shown.length && <li className="muted">and {count(replicas.length - shown.length)} more</li>}
        <Line name="Trainer" state={trainer.state} detail={trainer.problem ?? 'takes jobs'} />
        {trainer.queue !== null && (
          <Line
            name="Queue"
            state="up"
            detail={`${count(trainer.queue.active)} under way, ${count(trainer.queue.waiting)} waiting`}
          />
        )}
        <Line
          name={`PostgreSQL ${database.version}`}
          state="up"
          detail={`${bytes(database.size_bytes)}, ${count(database.connections)} of ${count(database.max_connections)} connections, answers in ${durationMs(database.answered_in_ms)}`}
        />
      </ul>
    </Section>
  );
}

interface LineProps {
  readonly name: string;
  readonly state: keyof typeof TONES;
  readonly detail: ReactNode;
}

function Line({ name, state, detail }: LineProps): ReactNode {
  return (
    <li>
      <span className="overview-health-name">{name}</span>
      <Badge tone={TONES[state]}>{state}</Badge>
      <span className="muted overview-health-detail">{detail}</span>
    </li>
  );
}
