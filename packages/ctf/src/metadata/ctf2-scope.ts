import type { AnyInteger } from '../model/class-facts.ts';
import type { FieldClass, FieldScope, IntegerRole, StructureFieldClass } from '../model/field-class.ts';

/**
 * Which roles mean something in which scope. An alias may be used in several scopes, so a field class can have roles
 * that mean nothing where it is.
 *
 * @see CTF2-SPEC-2.0 §5.6.1 and §5.8.1
 */
const ROLES: Readonly<Record<FieldScope, readonly (IntegerRole | 'metadata-stream-uuid')[]>> = {
  'packet-header': ['packet-magic-number', 'data-stream-class-id', 'data-stream-id', 'metadata-stream-uuid'],
  'packet-context': [
    'packet-total-length',
    'packet-content-length',
    'packet-end-default-clock-timestamp',
    'packet-sequence-number',
    'discarded-event-record-counter-snapshot',
    'default-clock-timestamp',
  ],
  'event-record-header': ['default-clock-timestamp', 'event-record-class-id'],
  'event-record-common-context': [],
  'event-record-specific-context': [],
  'event-record-payload': [],
};

const CLOCK_ROLES: readonly IntegerRole[] = ['default-clock-timestamp', 'packet-end-default-clock-timestamp'];

/** Where a field class is used, and with which clock. */
export interface ScopeContext {
  readonly scope: FieldScope;
  /** Name of the default clock class of the data stream class. */
  readonly clock: string | undefined;
  /** Called for timestamps where there is no clock. */
  onMissingClock(): void;
}

/** Keeps the roles that have a meaning in a scope, and gives timestamps their clock. */
export function withScope<T extends FieldClass>(fieldClass: T, context: ScopeContext): T {
  return inScope(fieldClass, context) as T;
}

function inScope(fieldClass: FieldClass, context: ScopeContext): FieldClass {
  switch (fieldClass.kind) {
    case 'integer':
    case 'variable-integer':
      return integerInScope(fieldClass, context);
    case 'enumeration':
      return { ...fieldClass, container: integerInScope(fieldClass.container, context) };
    case 'static-blob': {
      const { roles, ...rest } = fieldClass;
      return roles === undefined || context.scope === 'packet-header' ? fieldClass : rest;
    }
    case 'structure':
      return structureInScope(fieldClass, context);
    case 'static-array':
    case 'dynamic-array':
      return { ...fieldClass, element: inScope(fieldClass.element, context) };
    case 'optional':
      return { ...fieldClass, content: inScope(fieldClass.content, context) };
    case 'variant': {
      const options = fieldClass.options.map((o) => ({ ...o, fieldClass: inScope(o.fieldClass, context) }));
      return { ...fieldClass, options };
    }
    default:
      return fieldClass;
  }
}

function structureInScope(fieldClass: StructureFieldClass, context: ScopeContext): StructureFieldClass {
  const members = fieldClass.members.map((m) => ({ ...m, fieldClass: inScope(m.fieldClass, context) }));
  return { ...fieldClass, members };
}

function integerInScope(fieldClass: AnyInteger, context: ScopeContext): AnyInteger {
  const { roles, ...rest } = fieldClass;
  if (roles === undefined) return fieldClass;
  const known = roles.filter((role) => ROLES[context.scope].includes(role));
  const isTimestamp = known.some((role) => CLOCK_ROLES.includes(role));
  if (isTimestamp && context.clock === undefined) context.onMissingClock();
  return {
    ...rest,
    ...(known.length > 0 && { roles: known }),
    ...(isTimestamp && context.clock !== undefined && { clock: context.clock }),
  };
}
