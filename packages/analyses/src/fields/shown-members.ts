import type { StructureFieldClass } from '@ringtail/ctf';

/** The members of a structure without those that other members contain: lengths of sequences, and tags of variants. */
export function shownMembers(of: StructureFieldClass | undefined): StructureFieldClass['members'] {
  const members = of?.members ?? [];
  const contained = new Set(
    members.flatMap(({ name, fieldClass: { kind } }) =>
      kind === 'dynamic-array' ? [`_${name}_length`] : kind === 'variant' ? [`${name}_tag`] : [],
    ),
  );
  return members.filter(({ name }) => !contained.has(name));
}
