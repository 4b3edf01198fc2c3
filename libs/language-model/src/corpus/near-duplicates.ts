import type { VocabularyBuilder } from '../tokenizer/index.js';
import type { CorpusFinding } from './corpus-report.js';
import type { ReadDocument } from './document-reader.js';
import { findNearTwins, groupTwins, type NearTwins } from './near-twins.js';
import type { DocumentSet } from './read-documents.js';
import type { Split } from './split-documents.js';

/** A document and the near duplicates that it has to stay with. */
export interface GroupedDocument extends ReadDocument {
  /** Index of the first document of its group, which may be itself. */
  group: number;
}

/** Documents with their groups, and what made them groups. */
export interface GroupedDocuments extends DocumentSet<GroupedDocument> {
  readonly twins: readonly NearTwins[];
}

const NAMED = 5; // documents that a finding names

/** Finds near duplicates; those of the validation documents that have one among the others are left out, with a finding. */
export function groupNearDuplicates(
  read: DocumentSet<ReadDocument>,
  builder: VocabularyBuilder,
  findings: CorpusFinding[],
): GroupedDocuments {
  const all = [...read.documents, ...read.validation];
  const twins = findNearTwins(all, builder);
  const groups = groupTwins(all.length, twins);
  const grouped = all.map((document, index) => ({ ...document, group: groups[index] ?? index }));
  const documents = grouped.slice(0, read.documents.length);
  const validation = grouped.slice(read.documents.length).filter(({ name, group }, index) => {
    const twin = documents[group];
    if (twin === undefined) return true;
    const pair = twins.find(({ first, second }) => second === documents.length + index && first < documents.length);
    const other = pair === undefined ? twin : documents[pair.first];
    findings.push({
      document: name,
      code: 'near_duplicate_dropped',
      message: `${name} was left out: it is nearly the same as ${other?.name ?? twin.name}, which is not for validation.`,
    });
    return false;
  });
  return { documents, validation, twins };
}

interface TwinGroup {
  members: Set<number>;
  least: number;
  most: number;
}

/** Says which of the documents that were divided are near duplicates, and in which part they stand. */
export function addTwinFindings({ documents, twins }: GroupedDocuments, split: Split, findings: CorpusFinding[]): void {
  const groups = new Map<number, TwinGroup>();
  for (const { first, second, sharedShare } of twins) {
    const group = documents[first]?.group;
    if (group === undefined || second >= documents.length) continue;
    const known = groups.get(group) ?? { members: new Set(), least: 1, most: 0 };
    groups.set(group, known);
    known.members.add(first).add(second);
    known.least = Math.min(known.least, sharedShare);
    known.most = Math.max(known.most, sharedShare);
  }
  const parts = partNames(split);
  for (const { members, least, most } of groups.values()) {
    const names = [...members].sort((a, b) => a - b).map((index) => documents[index]?.name ?? '');
    const places = [...new Set([...members].map((index) => parts.get(index)))].filter((part) => part !== undefined);
    findings.push({
      document: names[0] ?? null,
      code: places.length > 1 ? 'near_duplicates_divided' : 'near_duplicates',
      message: `${listed(names)} are near duplicates: ${percentages(least, most)} of the five-word phrases of the shorter one are in the other, too. ${placeOf(places)}`,
    });
  }
}

function partNames({ train, validation, test }: Split): Map<number, string> {
  const named = { training: train, validation, test };
  return new Map(Object.entries(named).flatMap(([part, blocks]) => blocks.map(({ document }) => [document, part])));
}

function placeOf(parts: readonly string[]): string {
  if (parts.length === 0) return 'None of them is used.';
  if (parts.length === 1) return `They stay together, in the ${parts[0]} part.`;
  return `They stand in the ${parts.join(' and the ')} part, because without them there are fewer than three documents: figures of held-out text are too good.`;
}

function listed(names: readonly string[]): string {
  const more = names.length > NAMED ? [`${names.length - NAMED} more`] : [];
  const shown = [...names.slice(0, NAMED), ...more];
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

function percentages(least: number, most: number): string {
  const [from, to] = [least, most].map((share) => `${Math.round(100 * share)}%`);
  return from === to ? `${from}` : `${from} to ${to}`;
}
