import type { FieldClass, VariantFieldClass } from '@ringtail/ctf';
import { optionPlace, type RecordCode } from '@ringtail/ctf/internal';
import type { TextCode } from './text-code.ts';

/** Writes the code that prints a variant. @param field writes the code for the field of an option */
export function variantCode(
  fieldClass: VariantFieldClass,
  place: string,
  record: RecordCode,
  out: TextCode,
  field: (fieldClass: FieldClass, place: string) => void,
): void {
  out.flush();
  record.variant(fieldClass, place, (index) => {
    const { name, fieldClass: optionClass } = fieldClass.options[index]!;
    out.check();
    field(optionClass, optionPlace(place, name, index));
    out.flush();
  });
  out.check();
}
