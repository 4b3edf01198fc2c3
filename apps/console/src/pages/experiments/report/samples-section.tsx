import type { ReactNode } from 'react';
import { Section } from '../../../ui/page.js';
import type { Comparison } from './verdict-words.js';

/** The same prompts gone on with by each model, with the same seed. */
export function SamplesSection({ comparison }: { readonly comparison: Comparison }): ReactNode {
  const { samples, models } = comparison;
  if (samples.length === 0) return null;
  const presetOf = (role: string): string => models.find((model) => model.role === role)?.preset ?? role;
  return (
    <Section title="Texts" note="The beginning of a held-out document, gone on with by each model with the same seed.">
      {samples.map(({ prompt, original, texts }, index) => (
        <article key={index} className="experiments-sample">
          <p className="experiments-prompt">{prompt === '' ? <em>(the beginning of a text)</em> : prompt}</p>
          <div className="experiments-texts">
            {original !== '' && <Text title="the document" text={original} isOriginal />}
            {texts.map(({ role, text }) => (
              <Text key={role} title={presetOf(role)} text={text} />
            ))}
          </div>
        </article>
      ))}
    </Section>
  );
}

function Text({ title, text, isOriginal = false }: { title: string; text: string; isOriginal?: boolean }): ReactNode {
  return (
    <div>
      <h3 className="muted">{title}</h3>
      <blockquote className={isOriginal ? 'muted' : undefined}>{text}</blockquote>
    </div>
  );
}
